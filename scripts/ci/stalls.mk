# For a Makefile: include stalls.mk, and `make check-stalls` is `make check` with every process of it watched. It fails
# where a stall counts, and says what to read.
#
#   make check-stalls STALLS_KNOWN=stalls.known    leaves out the stalls that are in this file
#   make stalls.known                              makes it, of what is there now
STALLWATCH   ?= stallwatch
STALLS       ?= stalls.jsonl
STALLS_KNOWN ?=

.PHONY: check-stalls
check-stalls:
	@rm -f $(STALLS)
	$(STALLWATCH) run --json $(STALLS) --exitcode 99 $(if $(STALLS_KNOWN),--baseline $(STALLS_KNOWN)) -- $(MAKE) check

stalls.known:
	$(STALLWATCH) run --json $@ -- $(MAKE) check
