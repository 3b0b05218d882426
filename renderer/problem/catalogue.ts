/**
 * Words of problems. They come with whatever first speaks of one, not with the start file: the first frame has none to
 * speak of, and there are many.
 */
import i18next from 'i18next';
import en from '../../resources/locales/en/problems.json';
import ko from '../../resources/locales/ko/problems.json';

i18next.addResourceBundle('en', 'problems', en);
i18next.addResourceBundle('ko', 'problems', ko);
