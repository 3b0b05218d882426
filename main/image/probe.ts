/**
 * What there is in an image that Labdock did not build: a script run in it once, and what its output says. The script is
 * POSIX sh, asks the image's own user and PATH, and changes nothing.
 */
import type { Problem } from '../common/problem';

const mark = 'labdock-probe:';

export interface ImageFacts {
  /** uid the image runs as by itself. */
  uid: number;
  home: string;
  /** `uname -m`: x86_64, aarch64, … */
  machine: string;
  /** Absolute paths of programs; absent where there is none. */
  jupyterLab?: string;
  labVersion?: string;
  jupyterServer?: string;
  serverVersion?: string;
  tini?: string;
  /** Version of the Python that runs Jupyter. */
  python?: string;
  /** Kernels registered under `home` (`ipykernel install --user`), which a server with another HOME does not see. */
  homeKernels: string[];
  /** Whether any uid may read them there. */
  homeReadable: boolean;
}

/** Run with `/bin/sh -c`, as the image's own user. The versions cost a second or two. */
export const probeScript = `
say() { printf '${mark}%s=%s\\n' "$1" "$2"; }
# In PATH as the image sets it, else where images usually have it.
find_program() {
  command -v "$1" && return
  for directory in /opt/conda/bin /opt/conda/envs/*/bin /opt/*/bin /usr/local/bin "$HOME"/.local/bin; do
    if [ -x "$directory/$1" ]; then echo "$directory/$1"; return; fi
  done
}
say uid "$(id -u)"
say home "$HOME"
say machine "$(uname -m)"
say tini "$(find_program tini)"
lab=$(find_program jupyter-lab)
server=$(find_program jupyter-server)
if [ -n "$lab" ]; then say jupyterLab "$lab"; say labVersion "$("$lab" --version 2>/dev/null)"; fi
if [ -n "$server" ]; then say jupyterServer "$server"; say serverVersion "$("$server" --version 2>/dev/null)"; fi
program=\${lab:-$server}
python=\${program%/*}/python
if [ -x "$python" ]; then say python "$("$python" -c 'import platform; print(platform.python_version())' 2>/dev/null)"; fi
readable=yes
directory=$HOME/.local/share/jupyter/kernels
for spec in "$directory"/*/kernel.json; do
  if [ -r "$spec" ]; then name=\${spec%/kernel.json}; say homeKernel "\${name##*/}"; fi
done
while [ -n "$directory" ] && [ "$directory" != / ]; do
  case $(ls -ld "$directory" 2>/dev/null) in ???????r?x*|???????r?t*|'') ;; *) readable=no ;; esac
  directory=\${directory%/*}
done
say homeReadable "$readable"
`;

/** What {@link probeScript} printed. Its words come from a foreign image: what is no path or version is left out. */
export function readProbe(stdout: string): ImageFacts {
  const said = (key: string) =>
    stdout
      .split('\n')
      .filter((line) => line.startsWith(`${mark}${key}=`))
      .map((line) => line.slice(mark.length + key.length + 1).trim());
  const path = (key: string) => said(key).find((value) => /^\/[^\p{Cc}]{0,1000}$/u.test(value));
  const version = (key: string) => said(key).find((value) => /^\d[\w.+-]{0,40}$/.test(value));
  const facts: ImageFacts = {
    uid: Number(said('uid').find((value) => /^\d{1,10}$/.test(value)) ?? 0),
    home: path('home') ?? '/',
    machine: said('machine').find((value) => /^[\w.-]{1,40}$/.test(value)) ?? '',
    homeKernels: said('homeKernel').filter((name) => /^[\w.-]{1,200}$/.test(name)),
    homeReadable: said('homeReadable').includes('yes'),
  };
  for (const key of ['jupyterLab', 'jupyterServer', 'tini'] as const) {
    const found = path(key);
    if (found) facts[key] = found;
  }
  for (const key of ['labVersion', 'serverVersion', 'python'] as const) {
    const found = version(key);
    if (found) facts[key] = found;
  }
  return facts;
}

/**
 * What is wrong with an image, if anything. `image-without-jupyter` cannot be run. `image-without-lab` could: its server
 * answers, but there is no Lab to show; building on it (image source `build` with it as base) adds one.
 */
export function probeProblem(facts: ImageFacts, reference: string): Problem | null {
  if (!facts.jupyterLab && !facts.jupyterServer) return { reason: 'image-without-jupyter', params: { reference } };
  if (!facts.jupyterLab) return { reason: 'image-without-lab', params: { reference } };
  return null;
}
