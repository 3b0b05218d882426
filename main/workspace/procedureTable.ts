/** Makes procedures out of handlers: the input is checked against its schema, errors become values. */
import { toProblem } from '../common/problem';
import { procedureInputs, type Outcome, type Output } from './procedures';
import type { ServiceProcedure, ServiceProcedures } from './service';
import { FieldsError } from './serviceParts';
import { fieldProblems } from './validate';
import type { z } from 'zod';

export type Handlers = {
  [P in ServiceProcedure]: (input: z.output<(typeof procedureInputs)[P]>) => Output<P> | Promise<Output<P>>;
};

/** Fields of these inputs belong to a form; the input's own key is not part of their paths. */
const forms = new Set(['draft']);

export function procedureTable(handlers: Handlers): ServiceProcedures {
  const names = Object.keys(handlers) as ServiceProcedure[];
  return Object.fromEntries(names.map((name) => [name, guarded(name, handlers[name] as never)])) as ServiceProcedures;
}

function guarded<P extends ServiceProcedure>(name: P, handler: (input: unknown) => Promise<Output<P>>) {
  return async (input: unknown): Promise<Outcome<Output<P>>> => {
    const parsed = procedureInputs[name].safeParse(input);
    if (!parsed.success) {
      const fields = fieldProblems(parsed.error, forms);
      return { ok: false, problem: Object.values(fields)[0] ?? { reason: 'field-invalid' }, fields };
    }
    try {
      return { ok: true, value: await handler(parsed.data) };
    } catch (error) {
      if (!(error instanceof FieldsError)) return { ok: false, problem: toProblem(error) };
      const { fields } = error;
      return { ok: false, problem: Object.values(fields)[0] ?? { reason: 'field-invalid' }, fields };
    }
  };
}
