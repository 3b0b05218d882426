import { passwordSchema } from '../../main/app/bridge/contract';
import { problemsOf, type FieldProblems } from './fields';

/** What the user did to the password: nothing, set it, took over an imported hash, or removed it. */
export type PasswordChange = undefined | { plain: string } | { hash: string } | null;

/** Whether saving leaves the workspace with a password; undefined: whatever it has. */
export function passwordAfter(change: PasswordChange): boolean | undefined {
  return change === undefined ? undefined : change !== null;
}

export function checkPassword(change: PasswordChange): FieldProblems {
  if (!change || !('plain' in change)) return {};
  const result = passwordSchema.safeParse(change.plain);
  return result.success ? {} : { password: problemsOf(result.error.issues)[''] ?? { reason: 'field-invalid' } };
}
