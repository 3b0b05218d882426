import type { Problem, Workspace } from '../../main/app/bridge/contract';
import { fixesFor, type Fix } from '../problem/fixes';

/** Ways out of what stands in the way of a switch: settings to change; starting the workspace is none of them. Pure. */
export function moveFixes(problem: Problem, workspace: Workspace): Fix[] {
  return fixesFor(problem, workspace).filter(({ kind }) => kind === 'settings' || kind === 'preferences' || kind === 'adopt'); // prettier-ignore
}
