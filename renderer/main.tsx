/** The window's start: state and words are fetched at once, then everything is painted in one go. */
import './styles/tokens.css';
import './styles/base.css';
import './styles/mantine';
import { createRoot } from 'react-dom/client';
import { App } from './App';
import { guessLanguage, preload, startI18n } from './i18n';
import { connect } from './state';

async function start() {
  const root = document.getElementById('root');
  if (!root) throw new Error('index.html has no #root');
  void preload(guessLanguage());
  const state = await connect();
  await startI18n(state.locale);
  createRoot(root).render(<App />);
}

void start();
