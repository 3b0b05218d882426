/**
 * The house's arrows, checked by `npm run lint`:
 *
 *   renderer -> main/app/bridge/contract
 *   main/app -> main/workspace -> main/image, main/jupyter, main/runtime -> main/common
 *
 * `docker` and `kubernetes` do not know each other, and below `main/app` nothing knows electron, so that all of it runs
 * and is tested in plain Node.
 */
const rooms = ['image', 'jupyter', 'runtime'];

module.exports = {
  forbidden: [
    {
      name: 'renderer-knows-only-the-contract',
      comment: 'The page speaks to the main process through the bridge and through nothing else.',
      severity: 'error',
      from: { path: '^renderer/' },
      to: { path: '^main/', pathNot: '^main/app/bridge/contract(/|\\.ts$)' },
    },
    {
      name: 'contract-stays-light',
      comment: 'What the contract pulls in ends up in the page: data and schemas, no behaviour.',
      severity: 'error',
      from: { path: '^main/app/bridge/contract(/|\\.ts$)' },
      to: {
        path: '^main/',
        pathNot:
          '^main/(app/bridge/contract(/|\\.ts$)|workspace/(model|state|procedures|logs)\\.ts$|(image|jupyter|runtime/kubernetes)/model\\.ts$|runtime/runtime\\.ts$|common/)',
      },
    },
    {
      name: 'no-node-in-the-page',
      comment: 'The page is sandboxed: neither Node nor electron exist there.',
      severity: 'error',
      from: { path: '^renderer/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'electron-only-in-app',
      comment: 'Below main/app everything runs in plain Node.',
      severity: 'error',
      from: { path: '^(main|renderer)/', pathNot: '^main/(app/|index\\.ts$)' },
      to: { path: '^(node_modules/)?electron(/|$)' },
    },
    {
      name: 'nothing-below-knows-app',
      severity: 'error',
      from: { path: '^main/', pathNot: '^main/(app/|index\\.ts$)' },
      to: { path: '^main/(app/|index\\.ts$)' },
    },
    {
      name: 'workspace-is-above-the-rooms',
      severity: 'error',
      from: { path: `^main/(${rooms.join('|')}|common)/` },
      to: { path: '^main/workspace/' },
    },
    ...rooms.map((room) => ({
      name: `${room}-knows-no-other-room`,
      severity: 'error',
      from: { path: `^main/${room}/` },
      to: { path: `^main/(${rooms.filter((other) => other !== room).join('|')})/` },
    })),
    {
      name: 'docker-knows-no-kubernetes',
      severity: 'error',
      from: { path: '^main/runtime/docker/' },
      to: { path: '^main/runtime/kubernetes/' },
    },
    {
      name: 'kubernetes-knows-no-docker',
      severity: 'error',
      from: { path: '^main/runtime/kubernetes/' },
      to: { path: '^main/runtime/docker/' },
    },
    {
      name: 'common-knows-nobody',
      severity: 'error',
      from: { path: '^main/common/' },
      to: { path: '^(main/(?!common/)|renderer/)' },
    },
    {
      name: 'product-knows-no-test',
      severity: 'error',
      from: { path: '^(main|renderer)/', pathNot: '\\.test\\.tsx?$' },
      to: { path: '^(test|scripts)/' },
    },
    {
      name: 'no-circles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-unresolvable',
      severity: 'error',
      from: { path: '^(main|renderer|test)/' },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(out|dist)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
