/** The window's start: state and words are fetched at once, then everything is painted in one go. */
import './styles/tokens.css';
import './styles/base.css';
import './styles/mantine';
import { createRoot } from 'react-dom/client';
import { App } from './App';
import { guessLanguage, speak, startI18n } from './i18n';
import { connect } from './state';

async function start() {
  const root = document.getElementById('root');
  if (!root) throw new Error('index.html has no #root');
  // Marks are read by whoever looks for lost time at launch (DevTools, Performance).
  performance.mark('labdock:script');
  const connecting = connect();
  // While main answers; the guess is right unless the user chose another language than the system's.
  await startI18n(guessLanguage());
  performance.mark('labdock:words');
  const state = await connecting;
  await speak(state.locale);
  performance.mark('labdock:state');
  createRoot(root).render(<App />);
}

void start();
