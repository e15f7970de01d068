#!/bin/bash
# Writes init_config before the agent starts. @PATH@ and @CONTENT@ stand for quoted words. This first
# paragraph is not sent: see part.ts.

mkdir -p /etc/sallyport/init
put 0644 @PATH@ @CONTENT@
