/**
 * What Labdock learned and can learn again: which image an archive held, what a probe found, what a server was last
 * given. Kept apart from the settings, because losing it costs time and nothing else; so a damaged file is just dropped.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { LatestWriter, readText } from './jsonFile';
import { workspaceDraftSchema, type WorkspaceDraft } from './model';

/** Where on a cluster: the settings may name another place by the time it is removed. */
const placeSchema = z.object({ context: z.string(), namespace: z.string() });
const leftBehindSchema = z.object({ side: z.enum(['local', 'cluster']), place: placeSchema.optional() });

const schema = z.object({
  /** By path, size and modification time of the archive. */
  archives: z.record(z.string(), z.object({ image: z.string(), name: z.string() })).catch({}),
  /** Facts of probed images by image id; their shape is the probe's own business. */
  probes: z.record(z.string(), z.unknown()).catch({}),
  /** What the server object of a workspace was made from, by workspace id. */
  applied: z.record(z.string(), workspaceDraftSchema.optional().catch(undefined)).catch({}),
  /** The image built last for a workspace and the environments in it, by workspace id. */
  built: z.record(z.string(), z.object({ image: z.string(), environments: z.string() })).catch({}),
  /** Workspaces that have a password, so that an emptied keychain is noticed. */
  passwords: z.array(z.string()).catch([]),
  /** Secrets by name whose value in the keychain is no longer true, and which are taken out of it when it can be. */
  owedSecrets: z.array(z.string()).catch([]),
  /** Fingerprints of the configurations that servers were started with, by process. */
  prints: z.record(z.string(), z.string()).catch({}),
  /** Where images were pushed to, by name and repository. */
  pushes: z.record(z.string(), z.object({ reference: z.string(), architecture: z.string() })).catch({}),
  /** Removed while their target did not answer: their servers (and volumes) go when it does. Without a place: the engine. */
  removals: z
    .array(
      z.object({
        id: z.string(),
        home: z.boolean(),
        place: placeSchema.optional(),
      }),
    )
    .catch([]),
  /** Targets that workspaces were switched away from and that still hold their files, by workspace id. */
  leftBehind: z.record(z.string(), leftBehindSchema).catch({}),
  /** Switches under way: one that is still here at launch was cut off. */
  moving: z.record(z.string(), z.object({ to: z.enum(['local', 'cluster']), at: z.string() })).catch({}),
});
export type Facts = z.infer<typeof schema>;

const empty = (): Facts => ({
  archives: {},
  probes: {},
  applied: {},
  built: {},
  passwords: [],
  owedSecrets: [],
  prints: {},
  pushes: {},
  removals: [],
  leftBehind: {},
  moving: {},
});
/** Per map; an old entry that falls out is simply learned again. */
const limit = 200;

export class Remembered {
  private facts = empty();
  private readonly path: string;
  private readonly writer: LatestWriter;
  private enabled = false;

  constructor(folder: string) {
    this.path = join(folder, 'remembered.json');
    this.writer = new LatestWriter(this.path);
  }

  async load(write: boolean): Promise<void> {
    this.enabled = write;
    try {
      this.facts = schema.parse(JSON.parse((await readText(this.path)) ?? '{}'));
    } catch {
      this.facts = empty();
    }
  }

  archive = (key: string) => this.facts.archives[key];
  probe = (image: string): unknown => this.facts.probes[image];
  applied = (id: string): WorkspaceDraft | undefined => this.facts.applied[id];
  built = (): Readonly<Facts['built']> => this.facts.built;
  /** What its first start prepares was prepared. */
  everStarted = (id: string) => this.facts.built[id] !== undefined || this.facts.applied[id] !== undefined;
  hasPassword = (id: string) => this.facts.passwords.includes(id);
  owedSecrets = (): readonly string[] => this.facts.owedSecrets;
  print = (process: string): string | undefined => this.facts.prints[process];
  pushed = (key: string) => this.facts.pushes[key];
  leftBehind = (id: string) => this.facts.leftBehind[id];
  moving = () => this.facts.moving;
  removals = (): readonly Facts['removals'][number][] => this.facts.removals;

  setArchive(key: string, value: Facts['archives'][string]): void {
    this.change((facts) => put(facts.archives, key, value));
  }
  setProbe(image: string, value: unknown): void {
    this.change((facts) => put(facts.probes, image, value));
  }
  setApplied(id: string, draft: WorkspaceDraft): void {
    this.change((facts) => void (facts.applied[id] = draft));
  }
  setBuilt(id: string, built: Facts['built'][string]): void {
    this.change((facts) => void (facts.built[id] = built));
  }
  setPrint(process: string, print: string): void {
    this.change((facts) => put(facts.prints, process, print));
  }
  setPushed(key: string, value: Facts['pushes'][string]): void {
    this.change((facts) => put(facts.pushes, key, value));
  }
  /** The registry, or the image under a name there, turned out to be another: ask and push anew. */
  forgetFar(reference: string): void {
    this.change((facts) => {
      for (const [key, pushed] of Object.entries(facts.pushes))
        if (pushed.reference === reference) delete facts.pushes[key];
      delete facts.probes[reference];
    });
  }
  setLeftBehind(id: string, left: Facts['leftBehind'][string] | undefined): void {
    this.change((facts) => {
      if (left) facts.leftBehind[id] = left;
      else delete facts.leftBehind[id];
    });
  }
  setMoving(id: string, move: Facts['moving'][string] | undefined): void {
    this.change((facts) => {
      if (move) facts.moving[id] = move;
      else delete facts.moving[id];
    });
  }
  setPassword(id: string, has: boolean): void {
    if (this.hasPassword(id) === has) return;
    this.change((facts) => {
      facts.passwords = facts.passwords.filter((other) => other !== id);
      if (has) facts.passwords.push(id);
    });
  }
  setOwedSecrets(names: readonly string[]): void {
    this.change((facts) => void (facts.owedSecrets = names.slice(-limit)));
  }
  setRemovals(removals: Facts['removals']): void {
    this.change((facts) => void (facts.removals = removals));
  }
  forget(id: string): void {
    this.change((facts) => {
      delete facts.applied[id];
      delete facts.built[id];
      delete facts.leftBehind[id];
      delete facts.moving[id];
      facts.passwords = facts.passwords.filter((other) => other !== id);
    });
  }

  settled(): Promise<void> {
    return this.writer.settled();
  }

  /** A failed write is forgotten knowledge, not a fault the user must hear of. */
  private change(edit: (facts: Facts) => void): void {
    edit(this.facts);
    if (this.enabled) void this.writer.write(`${JSON.stringify(this.facts)}\n`).catch(() => undefined);
  }
}

function put<T>(map: Record<string, T>, key: string, value: T): void {
  delete map[key];
  map[key] = value;
  const keys = Object.keys(map);
  for (const old of keys.slice(0, Math.max(0, keys.length - limit))) delete map[old];
}
