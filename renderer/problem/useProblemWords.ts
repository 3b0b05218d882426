import './catalogue';
import { useTranslation } from 'react-i18next';
import type { Problem } from '../../main/app/bridge/contract';
import { pickVariant, type Entry, type Field } from './words';

export interface ProblemWords {
  title: string;
  cause: string;
  next: string;
}

/** Speaks any problem in the current language. A reason without words (from a newer main) is `unexpected`. */
export function useProblemWords(): (problem: Problem) => ProblemWords {
  const { t, i18n } = useTranslation();
  return (problem) => {
    // A refused field speaks through its rule.
    const rule = problem.reason === 'field-invalid' ? problem.params?.['rule'] : undefined;
    if (rule !== undefined && i18n.exists(`rules.${rule}`)) {
      return { title: t('problems:field-invalid.title'), cause: t(`rules.${rule}`), next: '' };
    }
    const reason = i18n.exists(`problems:${problem.reason}.title`) ? problem.reason : 'unexpected';
    const entry = i18n.getResource(i18n.language, 'problems', reason) as Entry;
    const say = (field: Field) => {
      const variant = pickVariant(entry, field, problem.params);
      return variant ? t(`problems:${reason}.${variant}`, { ...problem.params }) : '';
    };
    return { title: say('title'), cause: say('cause'), next: say('next') };
  };
}
