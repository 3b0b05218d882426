/** The status channel of an exec: one `Status` object (k8s.io/apimachinery) when the command has ended. Pure. */
import { z } from 'zod';
import { LabdockError } from '../../../common/problem';

const schema = z.object({
  status: z.string().optional(),
  message: z.string().optional(),
  reason: z.string().optional(),
  details: z
    .object({ causes: z.array(z.object({ reason: z.string().optional(), message: z.string().optional() })).optional() })
    .nullish(),
});

/**
 * @returns the exit code
 * @throws LabdockError `container-refused` where the command could not be run (its text: no such file, no such container)
 */
export function exitCode(text: string): number {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    data = undefined;
  }
  const parsed = schema.safeParse(data);
  if (!parsed.success) throw refused(text.trim() || 'the command ended without a status');
  const { status, message, reason, details } = parsed.data;
  if (status === 'Success') return 0;
  const cause = details?.causes?.find((one) => one.reason === 'ExitCode')?.message;
  const code = reason === 'NonZeroExitCode' && cause !== undefined && /^\d+$/.test(cause) ? Number(cause) : undefined;
  if (code === undefined) throw refused(message ?? text.trim());
  return code;
}

function refused(message: string): LabdockError {
  const short = message.length > 400 ? `${message.slice(0, 399)}…` : message;
  return new LabdockError('container-refused', { message: short }, { detail: message.slice(0, 4_000) });
}
