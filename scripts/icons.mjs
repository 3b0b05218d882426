// Renders resources/icons from the drawings in resources/icons/source. Needs rsvg-convert (Debian: librsvg2-bin); run by
// hand after a drawing changed, the results are committed.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { inProject } from './setup/paths.mjs';

const icons = inProject('resources/icons');
mkdirSync(`${icons}/linux`, { recursive: true });

function render(drawing, size, target) {
  const source = `${icons}/source/${drawing}.svg`;
  execFileSync('rsvg-convert', ['-w', String(size), '-h', String(size), source, '-o', `${icons}/${target}`]);
}

for (const size of [16, 24, 32, 48, 64, 128, 256, 512]) render('icon', size, `linux/${size}x${size}.png`);
render('icon', 1024, 'icon.png');
render('icon', 1024, 'icon-mac.png');
for (const state of ['stopped', 'starting', 'running', 'failed']) {
  render(`tray-${state}`, 22, `tray-${state}.png`);
  render(`tray-${state}`, 44, `tray-${state}@2x.png`);
  // macOS colours these itself; the name's ending is what tells it so.
  render(`tray-${state}-template`, 18, `tray-${state}-Template.png`);
  render(`tray-${state}-template`, 36, `tray-${state}-Template@2x.png`);
}
