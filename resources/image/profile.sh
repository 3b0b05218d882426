# For terminals in Lab: conda, with the first kernel's environment active, so that `pip install` lands where notebooks look.
# shellcheck shell=sh
if [ -r /opt/conda/etc/profile.d/conda.sh ]; then
  PATH=/opt/conda/bin:$PATH:/opt/conda/envs/lab/bin
  . /opt/conda/etc/profile.d/conda.sh
  if [ -r /opt/labdock/default-kernel ]; then conda activate "$(cat /opt/labdock/default-kernel)"; fi
fi
