import { Button, Switch, TextInput } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { defaultServerSettings, type Output, type ServerSettings } from '../../main/app/bridge/contract';
import { act } from '../common/actions';
import { ConfigEditor } from './ConfigEditor';
import classes from './fields.module.css';
import { passwordAfter } from './passwordChange';
import { Section } from './SectionedPage';
import type { DraftForm } from './useForm';
import { useFieldWords } from './useFieldWords';
import { Warning } from './Warning';

const ImportDialog = lazy(() => import('./ImportDialog').then((m) => ({ default: m.ImportDialog })));
const RenderedDialog = lazy(() => import('./RenderedDialog').then((m) => ({ default: m.RenderedDialog })));

interface Props {
  form: DraftForm;
  /** undefined: the workspace does not exist yet. */
  id?: string;
}

/** Everything Jupyter itself is told. What opens a door says so. */
export function ServerSection({ form, id }: Props) {
  const { t } = useTranslation();
  const words = useFieldWords();
  const { server } = form.draft;
  const set = (change: Partial<ServerSettings>) => form.patch({ server: { ...server, ...change } });
  const [imported, setImported] = useState<Output<'config.import'>>();
  const [rendered, setRendered] = useState<string>();

  const pick = async () => {
    const picked = await act('files.pickFile', { kind: 'jupyter-config' });
    if (!picked?.value.path) return;
    const read = await act('config.import', { path: picked.value.path });
    if (read) setImported(read.value);
  };
  const render = async () => {
    const password = passwordAfter(form.password);
    const text = await act('config.render', {
      ...(id !== undefined && { id }),
      draft: form.draft,
      ...(password !== undefined && { password }),
    });
    if (text) setRendered(text.value.text);
  };

  return (
    <>
      <Section title={t('section.server')} hint={t('server.hint')}>
        <TextInput
          id="field-server.rootDir"
          label={t('server.rootDir')}
          description={t('server.rootDirHint')}
          value={server.rootDir}
          error={words(form.problemAt('server.rootDir'))}
          onChange={(event) => set({ rootDir: event.currentTarget.value })}
          spellCheck={false}
        />
        <Switch
          label={t('server.passwordRequired')}
          description={t('server.passwordRequiredHint')}
          checked={server.passwordRequired}
          onChange={(event) => set({ passwordRequired: event.currentTarget.checked })}
        />
      </Section>
      <Section title={t('server.careful')} hint={t('server.carefulHint')}>
        <div className={classes.stack}>
          <TextInput
            id="field-server.allowOrigin"
            label={t('server.allowOrigin')}
            description={t('server.allowOriginHint')}
            value={server.allowOrigin}
            error={words(form.problemAt('server.allowOrigin'))}
            onChange={(event) => set({ allowOrigin: event.currentTarget.value })}
            spellCheck={false}
          />
          {server.allowOrigin !== '' && (
            <Warning>
              {server.allowOrigin.trim() === '*' ? t('server.allowAnyOriginUnsafe') : t('server.allowOriginUnsafe')}
            </Warning>
          )}
        </div>
        <div className={classes.stack}>
          <Switch
            label={t('server.disableCheckXsrf')}
            description={t('server.disableCheckXsrfHint')}
            checked={server.disableCheckXsrf}
            onChange={(event) => set({ disableCheckXsrf: event.currentTarget.checked })}
          />
          {server.disableCheckXsrf && <Warning>{t('server.disableCheckXsrfUnsafe')}</Warning>}
        </div>
        <div className={classes.stack}>
          <Switch
            label={t('server.allowRoot')}
            description={t('server.allowRootHint')}
            checked={server.allowRoot}
            onChange={(event) => set({ allowRoot: event.currentTarget.checked })}
          />
          {server.allowRoot && <Warning>{t('server.allowRootUnsafe')}</Warning>}
        </div>
        <div className={classes.stack}>
          <TextInput
            id="field-server.ip"
            className={classes.narrow}
            label={t('server.ip')}
            description={t('server.ipHint')}
            value={server.ip}
            error={words(form.problemAt('server.ip'))}
            onChange={(event) => set({ ip: event.currentTarget.value })}
            spellCheck={false}
          />
          {server.ip !== defaultServerSettings.ip && <Warning>{t('server.ipUnsafe')}</Warning>}
        </div>
      </Section>
      <Section title={t('server.custom')} hint={t('server.customHint')}>
        <ConfigEditor
          id="field-server.custom"
          label={t('server.custom')}
          value={server.custom}
          problem={words(form.problemAt('server.custom'))}
          onChange={(custom) => set({ custom })}
        />
        <div className={classes.row}>
          <Button variant="default" onClick={() => void pick()}>
            {t('server.import')}
          </Button>
          <Button variant="default" onClick={() => void render()}>
            {t('server.render')}
          </Button>
        </div>
      </Section>
      <Suspense>
        {imported && <ImportDialog found={imported} form={form} onClose={() => setImported(undefined)} />}
        {rendered !== undefined && <RenderedDialog text={rendered} onClose={() => setRendered(undefined)} />}
      </Suspense>
    </>
  );
}
