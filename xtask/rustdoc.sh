#!/bin/sh
# rustdoc with its unstable options, for JSON. Set here and not for cargo, which would build everything anew for it.
RUSTC_BOOTSTRAP=1 exec rustdoc "$@"
