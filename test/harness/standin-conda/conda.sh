# standin-conda (Labdock's test equipment): `conda activate` for shells, as conda's own profile.d/conda.sh offers it.
_standin_conda_scripts() {
  if [ -d "$1" ]; then
    for _standin_script in "$1"/*.sh; do
      if [ -r "$_standin_script" ]; then . "$_standin_script"; fi
    done
    unset _standin_script
  fi
}

_standin_conda_deactivate() {
  if [ -n "${CONDA_PREFIX:-}" ]; then
    _standin_conda_scripts "$CONDA_PREFIX/etc/conda/deactivate.d"
    PATH="$(printf '%s' "$PATH" | sed -e "s|^$CONDA_PREFIX/bin:||" -e "s|:$CONDA_PREFIX/bin||g")"
  fi
  unset CONDA_PREFIX CONDA_DEFAULT_ENV
  CONDA_SHLVL=0
  export PATH CONDA_SHLVL
}

_standin_conda_activate() {
  case "${1:-base}" in
    base) _standin_prefix=/opt/conda ;;
    */*) _standin_prefix="$1" ;;
    *) _standin_prefix="/opt/conda/envs/$1" ;;
  esac
  if [ ! -x "$_standin_prefix/bin/python" ]; then
    echo "EnvironmentNameNotFound: Could not find conda environment: $1" >&2
    unset _standin_prefix
    return 1
  fi
  _standin_conda_deactivate
  PATH="$_standin_prefix/bin:$PATH"
  CONDA_PREFIX="$_standin_prefix"
  CONDA_DEFAULT_ENV="${1:-base}"
  CONDA_SHLVL=1
  CONDA_EXE=/opt/conda/bin/conda
  export PATH CONDA_PREFIX CONDA_DEFAULT_ENV CONDA_SHLVL CONDA_EXE
  unset _standin_prefix
  _standin_conda_scripts "$CONDA_PREFIX/etc/conda/activate.d"
}

conda() {
  case "${1:-}" in
    activate) shift; _standin_conda_activate "$@" ;;
    deactivate) _standin_conda_deactivate ;;
    *) command conda "$@" ;;
  esac
}
