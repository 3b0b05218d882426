/** Where engines put their sockets, and what shows that one is installed though it does not run. Pure. */

export interface WellKnown {
  name: string;
  /** Path of a socket or named pipe. */
  path: string;
  /** Files any of which shows that the product is installed. */
  installed: string[];
}

export interface Places {
  platform: NodeJS.Platform;
  home: string;
  env: Readonly<Record<string, string | undefined>>;
  /** Numeric id of the user, for /run/user on Linux; undefined on Windows. */
  uid: number | undefined;
  /** Names under ~/.colima, one per profile. */
  colimaProfiles: string[];
}

/** In the order they are tried. */
export function wellKnownSockets(places: Places): WellKnown[] {
  if (places.platform === 'win32') return windows(places.env);
  return places.platform === 'darwin' ? macOS(places) : linux(places);
}

function linux({ home, env, uid }: Places): WellKnown[] {
  const run = env['XDG_RUNTIME_DIR'] || (uid === undefined ? '' : `/run/user/${uid}`);
  const docker = ['/usr/bin/dockerd', '/usr/local/bin/dockerd', '/usr/sbin/dockerd', '/snap/bin/docker'];
  const podman = ['/usr/bin/podman', '/usr/local/bin/podman'];
  const desktop = ['/opt/docker-desktop/bin/docker-desktop'];
  const rancher = ['/opt/rancher-desktop/rancher-desktop', '/usr/bin/rancher-desktop'];
  return [
    { name: 'docker', path: '/var/run/docker.sock', installed: docker },
    { name: 'docker-desktop', path: `${home}/.docker/desktop/docker.sock`, installed: desktop },
    ...(run
      ? [
          { name: 'docker-rootless', path: `${run}/docker.sock`, installed: [`${home}/bin/dockerd-rootless.sh`] },
          { name: 'podman-rootless', path: `${run}/podman/podman.sock`, installed: podman },
        ]
      : []),
    { name: 'podman', path: '/run/podman/podman.sock', installed: podman },
    { name: 'rancher-desktop', path: `${home}/.rd/docker.sock`, installed: rancher },
  ];
}

function macOS({ home, colimaProfiles, env }: Places): WellKnown[] {
  const brew = ['/opt/homebrew/bin', '/usr/local/bin'];
  const app = (name: string) => [`/Applications/${name}.app`, `${home}/Applications/${name}.app`];
  const profiles = colimaProfiles.length > 0 ? colimaProfiles : ['default'];
  const temporary = (env['TMPDIR'] ?? '').replace(/\/$/, '');
  const podman = [...app('Podman Desktop'), ...brew.map((bin) => `${bin}/podman`), '/opt/podman/bin/podman'];
  return [
    { name: 'docker-desktop', path: `${home}/.docker/run/docker.sock`, installed: app('Docker') },
    { name: 'docker', path: '/var/run/docker.sock', installed: [] },
    { name: 'orbstack', path: `${home}/.orbstack/run/docker.sock`, installed: app('OrbStack') },
    ...profiles.map((profile) => ({
      name: `colima-${profile}`,
      path: `${home}/.colima/${profile}/docker.sock`,
      installed: brew.map((bin) => `${bin}/colima`),
    })),
    { name: 'rancher-desktop', path: `${home}/.rd/docker.sock`, installed: app('Rancher Desktop') },
    ...(temporary
      ? [{ name: 'podman', path: `${temporary}/podman/podman-machine-default-api.sock`, installed: podman }]
      : []),
    // Podman before 5.
    {
      name: 'podman-machine',
      path: `${home}/.local/share/containers/podman/machine/podman.sock`,
      installed: temporary ? [] : podman,
    },
  ];
}

function windows(env: Places['env']): WellKnown[] {
  const programs = env['ProgramFiles'] ?? 'C:\\Program Files';
  const local = env['LOCALAPPDATA'] ?? '';
  const rancher = [`${programs}\\Rancher Desktop\\Rancher Desktop.exe`];
  if (local) rancher.push(`${local}\\Programs\\Rancher Desktop\\Rancher Desktop.exe`);
  const podman = [`${programs}\\RedHat\\Podman\\podman.exe`];
  const docker = [`${programs}\\Docker\\Docker\\Docker Desktop.exe`, ...rancher];
  return [
    { name: 'docker-desktop', path: '//./pipe/dockerDesktopLinuxEngine', installed: docker.slice(0, 1) },
    // Docker's own, and Rancher Desktop's.
    { name: 'docker', path: '//./pipe/docker_engine', installed: docker },
    { name: 'podman', path: '//./pipe/podman-machine-default', installed: podman },
  ];
}
