import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { MoveReport, WorkspaceState } from '../../main/app/bridge/contract';
import { Dialog } from '../dialogs/Dialog';
import { MoveReportPanel } from './MoveReportPanel';

/** The report above a Lab page, whose bar has no room for it. */
export function MoveReportDialog({
  state,
  report,
  onClose,
}: {
  state: WorkspaceState;
  report: MoveReport;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  return (
    <Dialog
      title={state.workspace.name}
      onClose={onClose}
      buttons={
        <Button variant="default" data-autofocus onClick={onClose}>
          {t('common.close')}
        </Button>
      }
    >
      <MoveReportPanel state={state} report={report} onLeave={onClose} />
    </Dialog>
  );
}
