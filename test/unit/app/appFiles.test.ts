import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { contentSecurityPolicy, contentType, resolveAppPath } from '../../../main/app/appFiles';

const root = join('/opt', 'Labdock', 'app.asar', 'out', 'renderer');

describe('app:// addresses', () => {
  it.each([
    ['app://labdock/', 'index.html'],
    ['app://labdock/index.html', 'index.html'],
    ['app://labdock/index.html?x#y', 'index.html'],
    ['app://labdock/assets/index-A1.js', 'assets/index-A1.js'],
    ['app://labdock/assets/a%20b.css', 'assets/a b.css'],
    ['app://labdock/assets/../index.html', 'index.html'],
  ])('%s is a file', (url, file) => {
    expect(resolveAppPath(root, url)).toBe(join(root, file));
  });

  it.each([
    'app://labdock/..%2f..%2fpackage.json',
    'app://labdock/%2e%2e/%2e%2e/main/index.cjs/..%2f..%2f..%2fx',
    'app://labdock/..%5c..%5cpackage.json',
    'app://labdock/assets/%00.js',
    'app://labdock/%E0%A4%A',
    'app://labdock/..%2frenderer-other/x',
    'app://other/index.html',
    'app://labdock.example.org/index.html',
    'app://labdock:80/index.html',
    'file:///etc/passwd',
    'https://labdock/index.html',
    'nonsense',
  ])('%s is not', (url) => {
    expect(resolveAppPath(root, url)).toBeNull();
  });

  it('names types, and nothing executable for what it does not know', () => {
    expect(contentType('a/B.JS')).toBe('text/javascript; charset=utf-8');
    expect(contentType('x.wasm')).toBe('application/octet-stream');
  });
});

describe('the policy of the trusted page', () => {
  it.each([
    "default-src 'none'",
    "script-src 'self'",
    "connect-src 'self'",
    "frame-src 'none'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ])('says %s', (directive) => {
    expect(contentSecurityPolicy.split('; ')).toContain(directive);
  });
  it('allows inline only for styles', () => {
    const unsafe = contentSecurityPolicy.split('; ').filter((directive) => directive.includes('unsafe'));
    expect(unsafe).toEqual(["style-src 'self' 'unsafe-inline'"]);
  });
});
