/** What a controller knows when it plans: facts read a moment ago, already compared with what is wanted. Pure types. */
import type { ServerObservation } from '../runtime/runtime';

export interface Wanted {
  run: boolean;
  /** The kind of target it shall run on; undefined is `local`. */
  on?: 'local' | 'cluster';
  /** The user asked that a running server be brought to the saved settings, whatever that costs. */
  apply: boolean;
  image: {
    /** How the image comes to the engine. */
    by: 'build-image' | 'pull-image' | 'load-image';
    /** Ask the registry although the image is there (pull policy Always); once per start. */
    refresh: boolean;
  };
}

export interface Observed {
  engine: 'available' | 'unavailable';
  image: {
    present: boolean;
    /** Pulled during this start: satisfies `refresh`. */
    fresh: boolean;
    /** Its facts (jupyter, tini, uid) are known. An image Labdock built itself needs no probe. */
    probed: boolean;
    /** Cluster: it is where the nodes can pull it; then the engine of this computer need not have it. */
    pushed?: boolean;
  };
  server: ObservedServer | null;
}

export interface ObservedServer {
  state: ServerObservation['state'];
  /**
   * Whether it is the object the settings ask for (image, folder, port, resources). `unknown` while the image is not
   * there: what cannot be compared is not recreated before it can.
   */
  shape: 'same' | 'differs' | 'unknown';
  /** Whether its jupyter_server_config.py is the one the settings render to. */
  config: 'same' | 'differs' | 'absent';
  /** It answered with its identity since it was started. */
  ready: boolean;
  /** Told to end, by whomever, and not yet gone. */
  leaving?: boolean;
  /** Its documents are saved for the stop that is under way. */
  saved: boolean;
  /** Cluster: the way from this computer's port to it. `other`: on another port than the settings say. */
  route?: 'open' | 'other' | 'closed';
  /** Cluster: a changed server is applied over the old one instead of being made anew. */
  inPlace?: boolean;
}

/** States in which processes of the server exist. */
export function isLive(state: ObservedServer['state'] | undefined): boolean {
  return state === 'running' || state === 'restarting' || state === 'paused';
}

/** It has processes that nobody has told to end. */
export function isStaying(server: Pick<ObservedServer, 'state' | 'leaving'> | null | undefined): boolean {
  return isLive(server?.state) && !server?.leaving;
}
