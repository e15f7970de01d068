#!/bin/bash
# Runs init_script once the agent is up. @DIGEST@ and @SCRIPT@ stand for the script's digest and its
# base64 as a quoted word. This first paragraph is not sent: see part.ts.

# init_script: a file and a shell of its own, so that options set here do not hold there. Its mark is
# made before it runs: one that restarts the machine must not run again. Whatever becomes of it, the agent stays up.
run_init_script() {
  local status=0 ran=/etc/sallyport/init/ran-@DIGEST@
  if [ -e "$ran" ]; then
    say "init_script has run before"
    return
  fi
  mkdir -p /etc/sallyport/init
  put 0700 /etc/sallyport/init/script @SCRIPT@
  : >"$ran"
  sync
  say "init_script begins"
  /bin/bash /etc/sallyport/init/script </dev/null || status=$?
  if [ "$status" -eq 0 ]; then
    say "init_script done"
  else
    say "error: init_script ended with status $status; the agent is up all the same" >&2
  fi
}
run_init_script
