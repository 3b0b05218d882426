import { Button, NumberInput, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { act } from '../common/actions';
import { withButton } from './ButtonField';
import classes from './fields.module.css';
import { Section } from './SectionedPage';
import type { DraftForm } from './useForm';
import { useFieldWords } from './useFieldWords';
import { Warning } from './Warning';

export function GeneralSection({ form }: { form: DraftForm }) {
  const { t } = useTranslation();
  const words = useFieldWords();
  const { draft, patch } = form;
  const folderWarning = words(form.warningAt('folder'));
  const portWarning = words(form.warningAt('port'));

  const pickFolder = async () => {
    const picked = await act('files.pickFolder', { current: draft.folder });
    if (picked?.value.path) patch({ folder: picked.value.path });
  };
  const nextFree = async () => {
    const from = Number.isInteger(draft.port) && draft.port >= 1024 && draft.port <= 65535 ? draft.port : 8888;
    const found = await act('port.suggest', { from });
    if (found) patch({ port: found.value.port });
  };

  return (
    <Section title={t('section.general')}>
      <TextInput
        id="field-name"
        label={t('general.name')}
        value={draft.name}
        error={words(form.problemAt('name'))}
        onChange={(event) => patch({ name: event.currentTarget.value })}
      />
      <div className={classes.stack}>
        <TextInput
          id="field-folder"
          label={t('general.folder')}
          description={t('general.folderHint')}
          value={draft.folder}
          error={words(form.problemAt('folder'))}
          onChange={(event) => patch({ folder: event.currentTarget.value })}
          spellCheck={false}
          inputContainer={withButton(
            <Button variant="default" onClick={() => void pickFolder()}>
              {t('common.choose')}
            </Button>,
          )}
        />
        {folderWarning && <Warning>{folderWarning}</Warning>}
      </div>
      <div className={classes.stack}>
        <NumberInput
          id="field-port"
          label={t('general.port')}
          description={t('general.portHint')}
          value={Number.isNaN(draft.port) ? '' : draft.port}
          error={words(form.problemAt('port'))}
          onChange={(value) => patch({ port: typeof value === 'number' ? value : Number.NaN })}
          allowDecimal={false}
          allowNegative={false}
          hideControls
          inputContainer={(input) => (
            <div className={classes.narrow}>
              {withButton(
                <Button variant="default" onClick={() => void nextFree()}>
                  {t('general.nextFree')}
                </Button>,
              )(input)}
            </div>
          )}
        />
        {portWarning && <Warning>{portWarning}</Warning>}
      </div>
    </Section>
  );
}
