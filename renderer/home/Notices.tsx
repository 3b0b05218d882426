import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { AppState } from '../../main/app/bridge/contract';
import { act } from '../common/actions';
import { KeychainRetry } from '../problem/KeychainRetry';
import { ProblemPanel } from '../problem/ProblemPanel';

/** Messages for the whole app, until the user has read them. */
export function Notices({ notices }: { notices: AppState['notices'] }) {
  const { t } = useTranslation();
  return notices.map(({ id, problem }) => (
    <ProblemPanel key={id} problem={problem} tone="warn" headingLevel={2}>
      {problem.reason === 'keychain-locked' && <KeychainRetry />}
      <Button size="xs" variant="default" onClick={() => void act('app.dismissNotice', { id })}>
        {t('common.gotIt')}
      </Button>
    </ProblemPanel>
  ));
}
