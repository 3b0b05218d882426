import { useTranslation } from 'react-i18next';
import { KeychainRetry } from '../problem/KeychainRetry';
import { ProblemPanel } from '../problem/ProblemPanel';
import { useAppState } from '../state';
import classes from './fields.module.css';
import { keptIn } from './keptIn';

/** Where passwords and tokens are kept; where that is not the keychain, why, and a way to look again. */
export function SecretsNote() {
  const { t } = useTranslation();
  const secrets = useAppState((state) => state.secrets);
  const kept = keptIn(secrets);
  const note = kept && t(`secrets.${kept}`);
  if (!secrets.problem) return note ? <p className={classes.small}>{note}</p> : null;
  return (
    <ProblemPanel problem={secrets.problem} tone="warn" note={note}>
      <KeychainRetry />
    </ProblemPanel>
  );
}
