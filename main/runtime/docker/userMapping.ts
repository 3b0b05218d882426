/** As whom the server runs, so that its files in the user's folder belong to the user. Pure. */
import { compareVersions, type EngineTraits } from './engineTraits';

export interface UserMapping {
  /** Ids inside the container; files Labdock puts there belong to them. */
  uid: number;
  gid: number;
  /** Group 0 may write where the image expects writing, whatever the uid. */
  groupAdd: string[];
  usernsMode?: string;
}

/** The user of virtual machines' images; their file sharing gives every file to the host's user anyway. */
const machineUser = 1000;
const root: UserMapping = { uid: 0, gid: 0, groupAdd: [] };

/**
 * @param user ids of the person at this computer; undefined on Windows, which has none.
 * @param allowRoot the person allows root, or the image works for root alone. On a rootful Linux engine the price is that new
 *   files in the folder are root's; on every other engine they stay the user's.
 */
export function userMapping(
  engine: EngineTraits,
  user: { uid: number; gid: number } | undefined,
  allowRoot = false,
): UserMapping {
  // Inside a rootless Docker, root is the user; every other uid is a subordinate one that owns nothing of theirs.
  if (engine.rootless && (engine.product !== 'podman' || allowRoot)) return root;
  if (engine.rootless) return keptId(engine, user);
  if (allowRoot) return withoutRemap(engine, root);
  if (engine.virtualMachine) {
    // Docker Desktop on Linux maps shared files as a rootless engine does, says its FAQ: root inside is the user outside.
    return engine.hostPlatform === 'linux' ? root : plain(machineUser, machineUser);
  }
  return withoutRemap(engine, plain(user?.uid ?? machineUser, user?.gid ?? machineUser));
}

/** Rootless Podman: the engine's user keeps a number of our choice inside. */
function keptId(engine: EngineTraits, user: { uid: number; gid: number } | undefined): UserMapping {
  if (user && !engine.virtualMachine) return { ...plain(user.uid, user.gid), usernsMode: 'keep-id' };
  // In a virtual machine the engine's user may have another number than ours; naming the inner one needs 4.3.
  if (compareVersions(engine.version, '4.3') < 0) return root;
  return { ...plain(machineUser, machineUser), usernsMode: `keep-id:uid=${machineUser},gid=${machineUser}` };
}

function plain(uid: number, gid: number): UserMapping {
  return { uid, gid, groupAdd: uid === 0 ? [] : ['0'] };
}

/** A daemon with `userns-remap` would make every uid a stranger to the folder; a container may opt out. */
function withoutRemap(engine: EngineTraits, mapping: UserMapping): UserMapping {
  return engine.usernsRemap ? { ...mapping, usernsMode: 'host' } : mapping;
}
