/**
 * Words of the window; those of problems stand in problem/catalogue.ts. Both languages are part of the start file: a
 * request for one of them would cost more at launch than reading past the other.
 */
import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import enUi from '../resources/locales/en/ui.json';
import koUi from '../resources/locales/ko/ui.json';

export type Language = 'en' | 'ko';

export const guessLanguage = (): Language => (navigator.language.toLowerCase().startsWith('ko') ? 'ko' : 'en');

export async function startI18n(language: Language): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: false,
    ns: ['ui'],
    defaultNS: 'ui',
    resources: { en: { ui: enUi }, ko: { ui: koUi } },
    initAsync: false,
    interpolation: { escapeValue: false },
    react: { useSuspense: false },
  });
  document.documentElement.lang = language;
}

export async function speak(language: Language): Promise<void> {
  if (i18next.language !== language) await i18next.changeLanguage(language);
  document.documentElement.lang = language;
}
