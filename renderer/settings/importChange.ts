import type { Output, WorkspaceDraft } from '../../main/app/bridge/contract';

/** The fields that an imported configuration fills. Its free text comes after what is there. */
export function importChange(draft: WorkspaceDraft, found: Output<'config.import'>): Partial<WorkspaceDraft> {
  const { server, custom, port, folder } = found;
  const text = [draft.server.custom.trimEnd(), custom.trim()].filter(Boolean).join('\n\n');
  return {
    server: { ...draft.server, ...server, custom: text === '' ? '' : `${text}\n` },
    ...(port !== undefined && { port }),
    ...(folder !== undefined && { folder }),
  };
}
