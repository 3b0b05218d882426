import { Button, Radio, TextInput } from '@mantine/core';
import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { ImageSource } from '../../main/app/bridge/contract';
import { act } from '../common/actions';
import { go } from '../navigation';
import { useAppState } from '../state';
import { withButton } from './ButtonField';
import classes from './fields.module.css';
import { Section } from './SectionedPage';
import type { DraftForm } from './useForm';
import { useFieldWords } from './useFieldWords';

const blank: { [K in ImageSource['kind']]: Extract<ImageSource, { kind: K }> } = {
  build: { kind: 'build' },
  published: { kind: 'published', reference: '', pull: 'if-not-present' },
  archive: { kind: 'archive', path: '' },
};

export function ImageSection({ form }: { form: DraftForm }) {
  const { t } = useTranslation();
  const words = useFieldWords();
  const { image } = form.draft;
  const base = useAppState((state) => state.preferences.build.base);
  const set = (next: ImageSource) => form.patch({ image: next });
  // Looking at another kind and coming back loses nothing that was typed.
  const kept = useRef({ ...blank, [form.initial.image.kind]: form.initial.image });
  const choose = (kind: ImageSource['kind']) => {
    kept.current = { ...kept.current, [image.kind]: image };
    set(kept.current[kind]);
  };
  const pickArchive = async () => {
    const picked = await act('files.pickFile', { kind: 'image-archive' });
    if (picked?.value.path) set({ kind: 'archive', path: picked.value.path });
  };

  return (
    <Section title={t('section.image')} hint={t('image.hint')}>
      <Radio.Group aria-label={t('section.image')} value={image.kind} onChange={(kind) => choose(kind)}>
        <div className={classes.group}>
          <Radio value="build" label={t('image.build')} description={t('image.buildHint')} />
          {image.kind === 'build' && (
            <div className={classes.indent}>
              <TextInput
                id="field-image.base"
                label={t('image.base')}
                description={t('image.baseHint')}
                placeholder={base}
                value={image.base ?? ''}
                error={words(form.problemAt('image.base'))}
                onChange={(event) => {
                  const value = event.currentTarget.value;
                  set(value === '' ? { kind: 'build' } : { kind: 'build', base: value });
                }}
                spellCheck={false}
              />
              <Button
                variant="subtle"
                size="compact-sm"
                mt={8}
                ml={-8}
                onClick={() => go({ kind: 'preferences', section: 'build' })}
              >
                {t('image.toPreferences')}
              </Button>
            </div>
          )}
          <Radio value="published" label={t('image.published')} description={t('image.publishedHint')} />
          {image.kind === 'published' && (
            <div className={`${classes.indent} ${classes.group}`}>
              <TextInput
                id="field-image.reference"
                label={t('image.reference')}
                placeholder="registry.example.org/team/jupyter:1.0"
                value={image.reference}
                error={words(form.problemAt('image.reference'))}
                onChange={(event) => set({ ...image, reference: event.currentTarget.value })}
                spellCheck={false}
              />
              <Radio.Group
                label={t('image.pull')}
                value={image.pull}
                onChange={(pull) => set({ ...image, pull: pull })}
              >
                <div className={classes.row} style={{ marginTop: 8, gap: 20 }}>
                  <Radio value="if-not-present" label={t('image.pullOnce')} />
                  <Radio value="always" label={t('image.pullAlways')} />
                </div>
              </Radio.Group>
            </div>
          )}
          <Radio value="archive" label={t('image.archive')} description={t('image.archiveHint')} />
          {image.kind === 'archive' && (
            <div className={classes.indent}>
              <TextInput
                id="field-image.path"
                label={t('image.path')}
                value={image.path}
                error={words(form.problemAt('image.path'))}
                onChange={(event) => set({ kind: 'archive', path: event.currentTarget.value })}
                spellCheck={false}
                inputContainer={withButton(
                  <Button variant="default" onClick={() => void pickArchive()}>
                    {t('common.choose')}
                  </Button>,
                )}
              />
            </div>
          )}
        </div>
      </Radio.Group>
    </Section>
  );
}
