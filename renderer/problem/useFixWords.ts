import { useTranslation } from 'react-i18next';
import type { Fix } from './fixes';

/** What the button of a way out says. */
export function useFixWords(): (fix: Fix) => string {
  const { t } = useTranslation();
  return (fix) => {
    switch (fix.kind) {
      case 'use-port':
        return t('fix.use-port', { port: fix.port });
      case 'settings':
        return t('fix.settings', { section: t(`section.${fix.section}`) });
      case 'preferences':
        return t('fix.preferences', { section: t(`preferencesSection.${fix.section}`) });
      default:
        return t(`fix.${fix.kind}`);
    }
  };
}
