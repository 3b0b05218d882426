/**
 * Where settings of older config files live today (jupyter_server 2, notebook 7's migration guide). Data, and one look-up.
 * The test beside it holds every current name against a real jupyter_server.
 */

export interface SettingName {
  section: string;
  trait: string;
}

/** Traits of ServerApp (and NotebookApp) that moved to another class or changed their name. */
const moved: Record<string, string> = {
  notebook_dir: 'ServerApp.root_dir',
  base_project_url: 'ServerApp.base_url',
  webapp_settings: 'ServerApp.tornado_settings',
  password: 'PasswordIdentityProvider.hashed_password',
  password_required: 'PasswordIdentityProvider.password_required',
  allow_password_change: 'PasswordIdentityProvider.allow_password_change',
  token: 'IdentityProvider.token',
  cookie_options: 'IdentityProvider.cookie_options',
  get_secure_cookie_kwargs: 'IdentityProvider.get_secure_cookie_kwargs',
  iopub_msg_rate_limit: 'ZMQChannelsWebsocketConnection.iopub_msg_rate_limit',
  iopub_data_rate_limit: 'ZMQChannelsWebsocketConnection.iopub_data_rate_limit',
  rate_limit_window: 'ZMQChannelsWebsocketConnection.rate_limit_window',
};

/** The classic notebook's page and its extensions: nothing of JupyterLab reads these. */
const gone = new Set([
  'enable_mathjax',
  'mathjax_url',
  'mathjax_config',
  'ignore_minified_js',
  'extra_nbextensions_path',
  'nbserver_extensions',
  'server_extensions',
  'login_handler_class',
  'logout_handler_class',
  'jinja_template_vars',
  'extra_template_paths',
  'extra_static_paths',
  'notebook_extra',
]);

/** The name a setting has today; undefined where it is gone with the classic notebook. */
export function currentName(section: string, trait: string): SettingName | undefined {
  if (section === 'NotebookApp' && gone.has(trait)) return undefined;
  if (section !== 'NotebookApp' && section !== 'ServerApp') return { section, trait };
  const target = moved[trait];
  if (!target) return { section: 'ServerApp', trait };
  const [newSection, newTrait] = target.split('.') as [string, string];
  return { section: newSection, trait: newTrait };
}

export const currentNamesInUse = [...new Set(Object.values(moved))];
