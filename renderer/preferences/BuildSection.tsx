import { Button, TagsInput, TextInput } from '@mantine/core';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { act } from '../common/actions';
import { withButton } from '../settings/ButtonField';
import { Section } from '../settings/SectionedPage';
import { useFieldWords } from '../settings/useFieldWords';
import type { BuildForm } from './useBuildForm';

/** What a platform engineer hands out: where images, packages and trust come from. */
export function BuildSection({ form, field }: { form: BuildForm; field?: string }) {
  const { t } = useTranslation();
  const words = useFieldWords();
  const { draft, patch } = form;
  useEffect(() => {
    if (field) document.getElementById(`field-${field}`)?.focus();
  }, [field]);
  const pick = async () => {
    const picked = await act('files.pickFile', { kind: 'ca-bundle' });
    if (picked?.value.path) patch({ caBundle: picked.value.path });
  };
  const proxy = (change: Partial<typeof draft.proxy>) => patch({ proxy: { ...draft.proxy, ...change } });

  return (
    <>
      <Section title={t('preferencesSection.build')} hint={t('build.hint')}>
        <TextInput
          id="field-base"
          label={t('build.base')}
          description={t('build.baseHint')}
          value={draft.base}
          error={words(form.problemAt('base'))}
          onChange={(event) => patch({ base: event.currentTarget.value })}
          spellCheck={false}
        />
        <TagsInput
          id="field-channels"
          label={t('build.channels')}
          description={t('build.channelsHint')}
          value={draft.channels}
          error={words(form.problemAt('channels'))}
          onChange={(channels) => patch({ channels })}
          splitChars={[',', ' ']}
          acceptValueOnBlur
          spellCheck={false}
        />
        <TextInput
          id="field-caBundle"
          label={t('build.caBundle')}
          description={t('build.caBundleHint')}
          placeholder={t('build.none')}
          value={draft.caBundle}
          error={words(form.problemAt('caBundle'))}
          onChange={(event) => patch({ caBundle: event.currentTarget.value })}
          spellCheck={false}
          inputContainer={withButton(
            <Button variant="default" onClick={() => void pick()}>
              {t('common.choose')}
            </Button>,
          )}
        />
      </Section>
      <Section title={t('build.proxy')} hint={t('build.proxyHint')}>
        <TextInput
          id="field-proxy.http"
          label={t('build.proxyHttp')}
          placeholder="http://proxy.example.org:3128"
          value={draft.proxy.http}
          error={words(form.problemAt('proxy.http'))}
          onChange={(event) => proxy({ http: event.currentTarget.value.trim() })}
          spellCheck={false}
        />
        <TextInput
          id="field-proxy.https"
          label={t('build.proxyHttps')}
          placeholder="http://proxy.example.org:3128"
          value={draft.proxy.https}
          error={words(form.problemAt('proxy.https'))}
          onChange={(event) => proxy({ https: event.currentTarget.value.trim() })}
          spellCheck={false}
        />
        <TextInput
          id="field-proxy.noProxy"
          label={t('build.noProxy')}
          description={t('build.noProxyHint')}
          placeholder="localhost,.example.org"
          value={draft.proxy.noProxy}
          error={words(form.problemAt('proxy.noProxy'))}
          onChange={(event) => proxy({ noProxy: event.currentTarget.value })}
          spellCheck={false}
        />
      </Section>
    </>
  );
}
