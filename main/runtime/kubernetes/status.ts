/** Answers of an API server other than 2xx, whichever client brought them. Pure. */
import { z } from 'zod';
import { LabdockError } from '../../common/problem';

const statusSchema = z.object({
  kind: z.literal('Status'),
  message: z.string().optional(),
  reason: z.string().optional(),
  details: z
    .object({
      name: z.string().optional(),
      group: z.string().optional(),
      kind: z.string().optional(),
      causes: z
        .array(
          z.object({ reason: z.string().optional(), message: z.string().optional(), field: z.string().optional() }),
        )
        .optional(),
    })
    .optional(),
});
/** `Status` of k8s.io/apimachinery, as far as it says what is wrong. */
export type ApiStatus = z.infer<typeof statusSchema>;

export interface ApiAnswer {
  code: number;
  /** undefined where a proxy answered, or nothing but a code came. */
  status?: ApiStatus;
  /** The body's beginning where it is no Status. */
  text?: string;
}

/** @returns undefined where the error is no answer (network, programming) */
export function statusOf(error: unknown): ApiAnswer | undefined {
  if (error instanceof LabdockError) return error.cause === undefined ? undefined : statusOf(error.cause);
  if (typeof error !== 'object' || error === null) return undefined;
  const { code, statusCode: other, body } = error as { code?: unknown; statusCode?: unknown; body?: unknown };
  const number = typeof code === 'number' ? code : other;
  if (typeof number !== 'number' || number < 100 || number > 599) return undefined;
  return answerOf(number, body);
}

/** @param body text, bytes or parsed JSON */
export function answerOf(code: number, body: unknown): ApiAnswer {
  const text = Buffer.isBuffer(body) ? body.toString('utf8') : typeof body === 'string' ? body : undefined;
  const parsed = statusSchema.safeParse(text === undefined ? body : json(text));
  if (parsed.success) return { code, status: parsed.data };
  return {
    code,
    ...(text && {
      text: text
        .replace(/<[^>]*>/g, ' ')
        .replace(/\s+/g, ' ')
        .trim()
        .slice(0, 300),
    }),
  };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function statusCode(error: unknown): number | undefined {
  return statusOf(error)?.code;
}

/** The object is not there (or its namespace: see `namespace-missing`). */
export const isNotFound = (error: unknown) => statusCode(error) === 404;
/** Somebody else changed or made it in between. */
export const isConflict = (error: unknown) => statusCode(error) === 409;
export const isAlreadyThere = (error: unknown) => {
  const answer = statusOf(error);
  return answer?.code === 409 && answer.status?.reason === 'AlreadyExists';
};

/** Problems are shown in a line or two; `detail` has all of it. */
export function short(text: string): string {
  return text.length <= 400 ? text : `${text.slice(0, 399)}…`;
}
