import { Button } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { addHandInstalled, linesOf, type CostEstimate, type TargetKind } from '../../main/app/bridge/contract';
import type { DraftForm } from './useForm';
import classes from './CostBar.module.css';

interface Props {
  form: DraftForm;
  saving: boolean;
  /** Something stands in the way; said beside the button that will not do it. */
  blocked: boolean;
  onSave: (apply: boolean) => void;
}

/** What saving costs, beside the buttons that do it: said before it happens. */
export function CostBar({ form, saving, blocked, onSave }: Props) {
  const { t, i18n } = useTranslation();
  const { dirty, estimate } = form;
  const running = estimate?.interrupts === true && estimate.cost !== 'nothing';
  const lost = estimate?.handInstalled ?? [];
  // Causes are paths (`server.allowOrigin`); their first part says enough.
  const causes = [...new Set((estimate?.because ?? []).map((path) => path.split('.')[0] ?? path))];
  const because = causes.map((key) => (i18n.exists(`because.${key}`) ? t(`because.${key}`) : key));

  return (
    <div className={classes.bar}>
      {lost.length > 0 && dirty && (
        <div className={classes.warn}>
          <div className={classes.lost}>
            <IconAlertTriangle size={16} aria-hidden />
            <p>
              {t('handInstalled.words')}{' '}
              {lost.map((found) => `${found.kernel}: ${linesOf(found).join(', ')}`).join('; ')}
            </p>
            <Button
              size="compact-sm"
              variant="default"
              onClick={() => form.patch({ kernels: addHandInstalled(form.draft.kernels, lost) })}
            >
              {t('handInstalled.add')}
            </Button>
          </div>
        </div>
      )}
      <div className={classes.line}>
        <p className={classes.words} role="status">
          {blocked ? (
            <span className={classes.blocked}>{t('settings.blocked')}</span>
          ) : !dirty ? (
            t('settings.clean')
          ) : estimate ? (
            <Cost estimate={estimate} because={because} on={form.draft.target.kind} />
          ) : (
            ''
          )}
        </p>
        <div className={classes.buttons}>
          {running && (
            <Button variant="default" disabled={!dirty || saving} onClick={() => onSave(false)}>
              {t('settings.save')}
            </Button>
          )}
          <Button disabled={!dirty} loading={saving} onClick={() => onSave(running)}>
            {running ? t('settings.saveAndApply') : t('settings.save')}
          </Button>
        </div>
      </div>
    </div>
  );
}

function Cost({ estimate, because, on }: { estimate: CostEstimate; because: string[]; on: TargetKind }) {
  const { t } = useTranslation();
  const { cost, interrupts, kernels } = estimate;
  const what =
    cost === 'rebuild' && kernels.length > 0
      ? t('cost.rebuildOf', { kernels: kernels.join(', ') })
      : t(`cost.${on}.${cost}`);
  return (
    <>
      <strong>{what}</strong>
      {cost !== 'nothing' && (
        <span className={classes.when}>
          {interrupts ? t('cost.whenRunning') : t('cost.whenStopped')}
          {because.length > 0 && ` ${t('cost.because', { settings: because.join(', ') })}`}
        </span>
      )}
    </>
  );
}
