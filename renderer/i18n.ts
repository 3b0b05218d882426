/** Words. Each language is one chunk, read only when it is spoken. */
import i18next, { type i18n } from 'i18next';
import { initReactI18next } from 'react-i18next';

export type Language = 'en' | 'ko';

const catalogues = {
  en: () => import('./locales/en'),
  ko: () => import('./locales/ko'),
} as const;

const loading = new Map<Language, Promise<unknown>>();

/** Starts reading a catalogue early: called with the system's language while the first snapshot is on its way. */
export function preload(language: Language) {
  let promise = loading.get(language);
  if (!promise) {
    promise = catalogues[language]().then(({ ui, problems }) => {
      const add = () => {
        i18next.addResourceBundle(language, 'ui', ui);
        i18next.addResourceBundle(language, 'problems', problems);
      };
      if (i18next.isInitialized) add();
      else pendingBundles.push(add);
    });
    loading.set(language, promise);
  }
  return promise;
}
const pendingBundles: (() => void)[] = [];

export const guessLanguage = (): Language => (navigator.language.toLowerCase().startsWith('ko') ? 'ko' : 'en');

/** Resolves when `t` speaks the language. */
export async function startI18n(language: Language): Promise<i18n> {
  await preload(language);
  await i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: false,
    ns: ['ui', 'problems'],
    defaultNS: 'ui',
    resources: {},
    initAsync: false,
    interpolation: { escapeValue: false },
    react: { useSuspense: false },
  });
  for (const add of pendingBundles.splice(0)) add();
  document.documentElement.lang = language;
  return i18next;
}

export async function speak(language: Language): Promise<void> {
  if (i18next.language === language) return;
  await preload(language);
  await i18next.changeLanguage(language);
  document.documentElement.lang = language;
}
