import { Button, Radio, TextInput } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { preferencesSchema, type EngineCandidate } from '../../main/app/bridge/contract';
import { act } from '../common/actions';
import { sourceName } from '../common/engineName';
import { useProblemWords } from '../problem/useProblemWords';
import { withButton } from '../settings/ButtonField';
import fields from '../settings/fields.module.css';
import { Section } from '../settings/SectionedPage';
import { useAppState } from '../state';
import type { PreferencesProps } from './AppearanceSection';
import classes from './Preferences.module.css';

const other = 'other';

/** Which engine runs the workspaces: the first that answers, one of those found, or an address. */
export function EngineSection({ preferences, onChange }: PreferencesProps) {
  const { t } = useTranslation();
  const words = useProblemWords();
  const engine = useAppState((state) => state.engine);
  const [candidates, setCandidates] = useState<EngineCandidate[]>(engine.candidates);
  const [busy, setBusy] = useState(false);
  const [typing, setTyping] = useState(false);
  const [host, setHost] = useState('');

  const look = async () => {
    setBusy(true);
    const found = await act('engine.candidates');
    if (found) setCandidates(found.value);
    setBusy(false);
  };
  useEffect(() => {
    void act('engine.candidates').then((found) => found && setCandidates(found.value));
  }, []);

  const chosen = preferences.engine;
  // One address can be found in several ways; it is offered once.
  const offered = candidates.filter((c, index) => candidates.findIndex((d) => d.host === c.host) === index);
  const known = chosen === 'auto' || offered.some((candidate) => candidate.host === chosen);
  const value = typing ? other : chosen;
  const refused = host !== '' && !preferencesSchema.shape.engine.safeParse(host).success;

  const name = (candidate: EngineCandidate) =>
    candidate.info
      ? t('engine.using', {
          product: t(`engine.product.${candidate.info.product}`),
          version: candidate.info.version,
        })
      : sourceName(candidate);

  return (
    <Section title={t('preferencesSection.engine')} hint={t('preferences.engineHint')}>
      <Radio.Group
        aria-label={t('preferencesSection.engine')}
        value={value}
        onChange={(next) => {
          setTyping(next === other);
          if (next !== other) onChange({ engine: next });
        }}
      >
        <div className={fields.group}>
          <Radio value="auto" label={t('preferences.engineAuto')} description={t('preferences.engineAutoHint')} />
          {offered.map((candidate) => (
            <Radio
              key={candidate.host}
              value={candidate.host}
              label={name(candidate)}
              description={
                <>
                  <span className={classes.host}>{candidate.host}</span>
                  {candidate.problem && <span> · {words(candidate.problem).title}</span>}
                </>
              }
            />
          ))}
          {!known && (
            <Radio
              value={chosen}
              label={t('preferences.engineSet')}
              description={<span className={classes.host}>{chosen}</span>}
            />
          )}
          <Radio value={other} label={t('preferences.engineOther')} />
          {typing && (
            <div className={fields.indent}>
              <TextInput
                autoFocus
                aria-label={t('preferences.engineOther')}
                placeholder="unix:///run/user/1000/docker.sock"
                value={host}
                error={refused ? t('rules.engine-host') : undefined}
                onChange={(event) => setHost(event.currentTarget.value.trim())}
                spellCheck={false}
                inputContainer={withButton(
                  <Button
                    variant="default"
                    disabled={host === '' || refused}
                    onClick={() => {
                      onChange({ engine: host });
                      setTyping(false);
                    }}
                  >
                    {t('preferences.engineUse')}
                  </Button>,
                )}
              />
            </div>
          )}
        </div>
      </Radio.Group>
      <div className={fields.row}>
        <Button variant="default" loading={busy} onClick={() => void look()}>
          {t('preferences.engineLook')}
        </Button>
      </div>
    </Section>
  );
}
