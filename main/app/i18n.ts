/** Words of main: tray, menu, dialogs, notifications. The catalogue of the language in use is all that is loaded. */
import type { Preferences } from '../workspace/model';

export type Locale = 'en' | 'ko';
export type Translate = (key: string, params?: Record<string, string | number>) => string;

/** `systemLanguages` as `app.getPreferredSystemLanguages()` gives them, best first. */
export function chooseLocale(preference: Preferences['language'], systemLanguages: readonly string[]): Locale {
  if (preference !== 'system') return preference;
  for (const tag of systemLanguages) {
    const language = tag.toLowerCase().split(/[-_]/)[0];
    if (language === 'ko' || language === 'en') return language;
  }
  return 'en';
}

export async function loadWords(locale: Locale): Promise<Translate> {
  const { default: i18next } = await import('i18next');
  const words =
    locale === 'ko'
      ? await import('../../resources/locales/ko/main.json')
      : await import('../../resources/locales/en/main.json');
  const instance = i18next.createInstance();
  await instance.init({
    lng: locale,
    resources: { [locale]: { main: words.default } },
    defaultNS: 'main',
    // Native menus and dialogs show text, not HTML.
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  return (key, params) => instance.t(key, params);
}
