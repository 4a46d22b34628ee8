# TLS for Espruino, without touching a file of Espruino's:
#
#   make BOARD=PIXLJS RELEASE=1 SETDEFINES=/path/to/espruino-patch/https.make
#
# Espruino's Makefile includes this after the board's settings. See README.md beside this file.

ETLS_PATCH := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
ETLS_ROOT := $(patsubst %/,%,$(dir $(ETLS_PATCH)))
HTTPS_PROFILE ?= full

ifeq ($(filter $(HTTPS_PROFILE),full pin),)
$(error https.make: HTTPS_PROFILE is full or pin, not '$(HTTPS_PROFILE)')
endif

ifdef LINUX
ETLS_TARGET := $(if $(filter -m32,$(CFLAGS)),i686-unknown-linux-gnu,host)
else ifeq ($(FAMILY),NRF52)
ETLS_TARGET := thumbv7em-none-eabi
else
$(error https.make: the board $(BOARD) is not supported: nRF52 boards and LINUX are, others have no hardware random numbers or no Rust)
endif
ifneq ($(USE_NET),1)
$(error https.make: the board $(BOARD) is built without network sockets (NET is not in its list of libraries))
endif

# Our own `tls`, not Espruino's unverified one.
USE_TLS :=
override undefine USE_TLS

ETLS_LIB := $(shell $(ETLS_PATCH)/lib.sh $(HTTPS_PROFILE) $(ETLS_TARGET))
ifeq ($(wildcard $(ETLS_LIB)),)
$(error https.make: the TLS library could not be built, the message above says why)
endif
LIBS += $(ETLS_LIB)
INCLUDE += -I$(ETLS_ROOT)/include -I$(ETLS_PATCH)
ESPRUINO_WRAPPERSOURCES += $(ETLS_PATCH)/jswrap_espruino_tls.c

# Where a module for require("https") is, it is built in.
ETLS_JS := $(firstword $(wildcard $(ETLS_ROOT)/js/https.min.js $(ETLS_ROOT)/js/https.js))
ifneq ($(ETLS_JS),)
JSMODULESOURCES += https:$(ETLS_JS)
endif

# Espruino's socket code calls ours. Not --wrap, which link-time optimisation ignores.
$(OBJDIR)/libs/network/socketserver.o: CFLAGS += \
  -DnetCreateSocket=espruinoTlsCreateSocket -DnetCloseSocket=espruinoTlsCloseSocket \
  -DnetRecv=espruinoTlsRecv -DnetSend=espruinoTlsSend \
  -DjsiQueueObjectCallbacks=espruinoTlsQueueCallbacks
