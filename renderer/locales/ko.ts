export { default as ui } from '../../resources/locales/ko/ui.json';
export { default as problems } from '../../resources/locales/ko/problems.json';
