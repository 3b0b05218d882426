export { default as ui } from '../../resources/locales/en/ui.json';
export { default as problems } from '../../resources/locales/en/problems.json';
