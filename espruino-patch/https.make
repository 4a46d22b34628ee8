# TLS for Espruino, without touching a file of Espruino's:
#
#   make BOARD=PIXLJS RELEASE=1 SETDEFINES=/path/to/espruino-patch/https.make
#
# Espruino's Makefile includes this after the board's settings. README.md beside this file tells the rest:
#   HTTPS_PROFILE=full|pin      with certificate paths, or fingerprints and pinned keys only
#   HTTPS_KEEP="JIT NFC ..."    not to be left out to make room
#   HTTPS_LEAVE_OUT="..."       to be left out in any case
#   HTTPS_CODE_PAGES=n          fewer pages for saved code
#   HTTPS_SERIAL_BUFFER=n       bytes for what has come and no JavaScript has seen yet, 2048 if nothing is said
#   HTTPS_MODULE=0              without the module for require("https"), which can be in Storage as well
#   HTTPS_SMALL=0               Espruino's own code compiled as Espruino does it, some 13 KB larger
#   HTTPS_FEATURES="..."        what the library has besides the profile, "tls13 resumption fast-p256" if nothing is said;
#                              there are tls13, resumption, fast-p256, client-auth, client-rsa, error-text, aes-hook,
#                              aes256, chacha20, x25519 (LINUX has all but fast-p256 and aes-hook)
#   HTTPS_TRACE=1               with the option `trace`, which shows a connection step by step on the console
#   HTTPS_LIB=file.a            a library built before, instead of building one

ETLS_PATCH := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
ETLS_ROOT := $(patsubst %/,%,$(dir $(ETLS_PATCH)))
ETLS_PYTHON := $(or $(PYTHON),python3)
HTTPS_PROFILE ?= full

# make splits paths at spaces: $(MAKEFILE_LIST) of a path with one ends in half a path.
ifneq ($(word 2,$(CURDIR)),)
$(error https.make: Espruino's make can't take a space in a path, and '$(CURDIR)' has one: build elsewhere, or through a symbolic link without it)
endif
ifneq ($(if $(wildcard $(ETLS_PATCH)/lib.sh),,missing)$(word 2,$(SETDEFINES)$(HTTPS_LIB)),)
$(error https.make: make can't take a space in a path: put espruino-tls or HTTPS_LIB elsewhere, or name it by a symbolic link without one)
endif

# Espruino's make would follow the symbolic link to a path with a space.
ifneq ($(word 2,$(realpath $(ETLS_PATCH))),)
REALPATH += -s
endif

# Not for the bootloader, which Espruino builds with the same settings, and not where nothing is built.
ifeq ($(BOOTLOADER)$(filter clean boardjson docs wrappersources flash serialflash,$(MAKECMDGOALS)),)

ifeq ($(filter $(HTTPS_PROFILE),full pin),)
$(error https.make: HTTPS_PROFILE is full or pin, not '$(HTTPS_PROFILE)')
endif
ifdef LINUX
ETLS_TARGET := $(if $(filter -m32,$(CFLAGS)),i686-unknown-linux-gnu,host)
ETLS_PREFIX :=
HTTPS_FEATURES ?= tls13 resumption client-auth client-rsa aes256 chacha20 x25519
else ifeq ($(FAMILY),NRF52)
ETLS_TARGET := thumbv7em-none-eabi
ETLS_PREFIX := arm-none-eabi-
else
$(error https.make: the board $(BOARD) is not supported: LINUX and boards with an nRF52 are; this needs Rust for the chip and random numbers from its hardware)
endif
ifneq ($(USE_NET),1)
$(error https.make: the board $(BOARD) has no network sockets in Espruino: its list of libraries has no NET)
endif
ifeq ($(shell command -v $(ETLS_PYTHON)),)
$(error https.make: $(ETLS_PYTHON) is missing: install Python 3, or say PYTHON=...)
endif

# What was said, for the report.
ETLS_SAID := $(strip $(foreach variable,WIZNET USE_NET HTTPS_PROFILE HTTPS_FEATURES HTTPS_TRACE HTTPS_KEEP HTTPS_LEAVE_OUT HTTPS_CODE_PAGES HTTPS_MODULE \
  HTTPS_SMALL,$(if $(filter command environment,$(firstword $(origin $(variable)))),$(variable)="$($(variable))")))

# The library.
HTTPS_FEATURES ?= tls13 resumption fast-p256
ifdef HTTPS_LIB
ETLS_LIB := $(abspath $(HTTPS_LIB))
else
ETLS_LIB := $(shell $(ETLS_PATCH)/lib.sh $(shell echo $(HTTPS_PROFILE) $(HTTPS_FEATURES) $(if $(filter 1,$(HTTPS_TRACE)),trace) \
  $(if $(LINUX),,$(if $(filter 1,$(USE_BLUETOOTH)),ecdh)) | tr ' ' ',') $(ETLS_TARGET))
endif
ifeq ($(and $(ETLS_LIB),$(wildcard $(ETLS_LIB))),)
$(error https.make: there is no TLS library$(if $(HTTPS_LIB), $(HTTPS_LIB)); the lines above say why)
endif
LIBS += $(ETLS_LIB)
# What this library has besides: the header declares it only then.
DEFINES += $(if $(shell $(ETLS_PREFIX)nm $(ETLS_LIB) | grep -w etls_describe_for),-DETLS_ERROR_TEXT)
DEFINES += $(if $(shell $(ETLS_PREFIX)nm $(ETLS_LIB) | grep -w etls_init_traced),-DETLS_TRACE)
ETLS_HAS_ECDH := $(shell $(ETLS_PREFIX)nm $(ETLS_LIB) | grep -w etls_ecdh_agree)
DEFINES += $(if $(findstring aes-hook,$(HTTPS_FEATURES)),-DESPRUINO_TLS_AES_HOOK)
INCLUDE += -I$(ETLS_ROOT)/include -I$(ETLS_PATCH)
ESPRUINO_WRAPPERSOURCES += $(ETLS_PATCH)/jswrap_espruino_tls.c

# The module behind require("https"), with Espruino's numbers for keywords.
ETLS_JS :=
ifneq ($(HTTPS_MODULE),0)
ETLS_JS := $(GENDIR)/https.js
$(shell mkdir -p $(GENDIR); $(ETLS_PYTHON) $(ETLS_PATCH)/pretokenise.py src/jslex.h $(ETLS_ROOT)/js/https.min.js $(ETLS_JS))
ifeq ($(wildcard $(ETLS_JS)),)
$(error https.make: stopped; the line above says why)
endif
JSMODULESOURCES += https:$(ETLS_JS)
endif

ifndef LINUX
# Espruino's own code, for size. One unit for the link-time optimisation; then what makes code larger even with -Os, from the largest
# on. README.md has what each brings.
ETLS_SMALL := -flto-partition=none
ifneq ($(HTTPS_SMALL),0)
ETLS_SMALL += -fno-thread-jumps -fno-move-loop-invariants -fno-tree-fre -fno-tree-tail-merge \
  -fno-jump-tables -fno-schedule-insns2 -fira-algorithm=priority -fno-reorder-blocks -fno-tree-dominator-opts -fno-tree-loop-im \
  -fno-if-conversion -fno-tree-loop-optimize -flive-range-shrinkage -fno-caller-saves
# A call counts as free, so that less is inlined. Compilers before gcc 10 do not know this.
ETLS_NEWER := --param=uninlined-function-insns=0
ETLS_SMALL += $(shell $(ETLS_PREFIX)gcc $(ETLS_NEWER) -x c -c -o /dev/null /dev/null 2>/dev/null && echo $(ETLS_NEWER))
# Where no JavaScript is further down the stack: elsewhere this would make the stack a third deeper.
$(OBJDIR)/targetlibs/%.o $(OBJDIR)/targets/%.o $(OBJDIR)/libs/graphics/%.o $(OBJDIR)/libs/bluetooth/%.o \
  $(OBJDIR)/libs/crypto/%.o $(OBJDIR)/libs/compression/%.o $(OBJDIR)/libs/neopixel/%.o: CFLAGS += -fno-optimize-sibling-calls
# Files in which the opposite of one of these, or something else, is smaller. It is faster, too.
etls_in = $(addprefix $(OBJDIR)/,$(addsuffix .o,$(1)))
ETLS_CHIP := targets/nrf5x/jshardware
ETLS_BLE := targets/nrf5x/bluetooth
ETLS_PEERS := targetlibs/nrf5x_12/components/ble/peer_manager/peer_manager
ETLS_FDS := targetlibs/nrf5x_12/components/libraries/fds/fds
ETLS_GLUE := $(ETLS_PATCH)/jswrap_espruino_tls
$(call etls_in,src/jslex src/jsparse src/jsnative src/jsvariterator libs/bluetooth/bluetooth_utils $(ETLS_BLE) $(ETLS_CHIP) $(ETLS_PEERS) \
  $(ETLS_FDS)): CFLAGS += -fjump-tables
$(call etls_in,src/jsvar src/jslex src/jsvariterator src/jsutils src/jsflash src/jswrap_object src/jswrap_espruino src/jswrap_storage \
  libs/bluetooth/jswrap_bluetooth $(ETLS_CHIP) $(ETLS_PEERS) $(ETLS_GLUE)): CFLAGS += -freorder-blocks
$(call etls_in,src/jsvar src/jsvariterator src/jsinteractive src/jsutils src/jsflash src/jswrap_espruino src/jswrap_regexp \
  src/jswrap_date libs/graphics/lcd_arraybuffer $(ETLS_BLE) $(ETLS_CHIP)): CFLAGS += -fira-algorithm=CB
$(call etls_in,src/jslex src/jsvariterator src/jsflash src/jswrap_object src/jswrap_onewire src/jswrap_storage libs/graphics/graphics \
  $(ETLS_CHIP)): CFLAGS += -ftree-loop-optimize
$(call etls_in,src/jsvar src/jstimer $(ETLS_CHIP)): CFLAGS += -fno-forward-propagate
$(call etls_in,src/jsvar libs/network/socketserver libs/bluetooth/jswrap_bluetooth $(ETLS_CHIP)): CFLAGS += -fno-tree-coalesce-vars
$(call etls_in,src/jsvar src/jswrap_storage $(ETLS_CHIP) $(ETLS_GLUE)): CFLAGS += -ftree-fre
$(call etls_in,src/jsparse src/jsflash src/jswrap_espruino src/jswrap_string $(ETLS_BLE) $(ETLS_GLUE)): CFLAGS += -fno-tree-sink
$(call etls_in,src/jstimer libs/graphics/graphics $(ETLS_FDS)): CFLAGS += -fno-tree-forwprop
$(call etls_in,src/jsparse src/jswrap_string): CFLAGS += -ftree-dominator-opts
$(call etls_in,libs/bluetooth/jswrap_bluetooth): CFLAGS += -fno-tree-ter
# No gaps between what is aligned and what is not.
LDFLAGS += -Wl,--sort-section=alignment
# The C library's and the compiler's own functions, and SHA-1, in a smaller form.
ETLS_RUNTIME := $(addprefix $(ETLS_PATCH)/,runtime double exponential)
SOURCES += $(ETLS_RUNTIME:=.c)
$(call etls_in,$(ETLS_RUNTIME)): CFLAGS += -fno-lto -ffreestanding -fno-builtin -fno-tree-loop-distribute-patterns
ifeq ($(USE_CRYPTO),1)
SOURCES += $(ETLS_PATCH)/sha1.c
$(OBJDIR)/libs/crypto/jswrap_crypto.o: CFLAGS += -Dmbedtls_sha1=espruinoTlsSha1
endif
endif
OPTIMIZEFLAGS += $(ETLS_SMALL)

# What a serial port brings goes to JavaScript in pieces of up to 254 bytes, not of 63: a modem's driver in JavaScript needs as long
# for a piece of 63 as the next one takes to come at 115,200 baud. The length's name is Bluetooth's, so it is only for these files.
$(OBJDIR)/src/jsdevices.o $(OBJDIR)/src/jsinteractive.o $(OBJDIR)/src/jswrap_timer.o: CFLAGS += \
  -UNRF_SDH_BLE_GATT_MAX_MTU_SIZE -DNRF_SDH_BLE_GATT_MAX_MTU_SIZE=252

# Bluetooth's pairing by the library's P-256, instead of by a second one.
ifneq ($(ETLS_HAS_ECDH),)
SOURCES += $(ETLS_PATCH)/bluetooth_ecdh.c
$(OBJDIR)/targets/nrf5x/bluetooth.o $(OBJDIR)/$(ETLS_PATCH)/bluetooth_ecdh.o: CFLAGS += -DETLS_ECDH -Decc_init=espruinoTlsEccInit \
  -Decc_p256_keypair_gen=espruinoTlsEccKeypair -Decc_p256_shared_secret_compute=espruinoTlsEccShared
endif

# Room for all of it: the library without its tables for unwinding, 4200 bytes of glue (500 more with sentences), the module; and
# WIZnet's driver, if it is asked for. micro-ecc makes room. What is not compiled for size is larger.
ETLS_NEED := $(shell echo $$(( $$($(ETLS_PREFIX)size -A -d $(ETLS_LIB) | awk '/^\.(text|rodata|data)/ {n += $$2} END {print n + 0}') + $(if $(findstring error-text,$(HTTPS_FEATURES)),4700,4200) \
  - $(if $(ETLS_HAS_ECDH),3950,0) + $(if $(filter 0,$(HTTPS_SMALL)),1200,0) + $(if $(ETLS_JS),$$(wc -c <$(ETLS_JS)),0) + $(if $(WIZNET),9600,0) )))
$(shell mkdir -p $(GENDIR); rm -f $(GENDIR)/https_room.make)
$(shell $(ETLS_PYTHON) $(ETLS_PATCH)/room.py $(BOARD) --need $(ETLS_NEED) $(if $(filter 0,$(HTTPS_SMALL)),,--small) \
  --keep "$(HTTPS_KEEP)" --leave-out "$(HTTPS_LEAVE_OUT)" $(if $(HTTPS_CODE_PAGES),--pages $(HTTPS_CODE_PAGES)) \
  --serial-buffer $(or $(HTTPS_SERIAL_BUFFER),2048) \
  $(if $(BLACKLIST),--blacklist $(BLACKLIST)) --out $(abspath $(GENDIR)))
ifeq ($(wildcard $(GENDIR)/https_room.make),)
$(error https.make: stopped; the line above says why)
endif
include $(GENDIR)/https_room.make
endif

# Espruino has a `tls` of its own on some boards, which does not look at certificates. Ours takes its place. crypto.AES and
# crypto.PBKDF2, which come with it, stay.
ifeq ($(USE_TLS)$(USE_CRYPTO),11)
USE_AES := 1
ESPRUINO_WRAPPERSOURCES += $(ETLS_PATCH)/jswrap_crypto_pbkdf2.c
$(OBJDIR)/libs/crypto/jswrap_crypto.o: CFLAGS += -DUSE_TLS
endif
override undefine USE_TLS

# Espruino's socket code calls ours. Not by --wrap, which link-time optimisation ignores.
$(OBJDIR)/libs/network/socketserver.o: CFLAGS += \
  -DnetCreateSocket=espruinoTlsCreateSocket -DnetCloseSocket=espruinoTlsCloseSocket \
  -DnetRecv=espruinoTlsRecv -DnetSend=espruinoTlsSend \
  -DjsiQueueObjectCallbacks=espruinoTlsQueueCallbacks

# A connection needs memory in one piece.
SOURCES += $(ETLS_PATCH)/defragment.c
$(OBJDIR)/src/jsvar.o: CFLAGS += -DjsvDefragment=espruinoDefragment

# What Espruino's rules do not know.
ETLS_PROGRAM := $(PROJ_NAME)$(if $(LINUX),,.elf)
$(ETLS_PROGRAM): $(ETLS_LIB)
$(OBJDIR)/$(ETLS_PATCH)/jswrap_espruino_tls.o: $(ETLS_ROOT)/include/espruino_tls.h $(ETLS_PATCH)/jswrap_espruino_tls.h
$(WRAPPERFILE): $(ETLS_JS)
# What is compiled in another way than Espruino's, anew where that has changed.
$(addprefix $(OBJDIR)/,$(addsuffix .o,src/jsvar src/jsdevices src/jsinteractive src/jswrap_timer libs/network/socketserver \
  libs/crypto/jswrap_crypto targets/nrf5x/bluetooth)): \
  $(ETLS_PATCH)/https.make

# What has become of it.
.DEFAULT_GOAL := all
.PHONY: https-report
https-report: $(ETLS_PROGRAM)
	@$(ETLS_PYTHON) $(ETLS_PATCH)/report.py $< --objects $(OBJDIR) $(if $(ETLS_PREFIX),--prefix $(ETLS_PREFIX)) \
	  --board $(BOARD) --said '$(ETLS_SAID)' --left-out '$(ETLS_LEFT_OUT)' --json $(PROJ_NAME).https.json \
	  $(if $(ETLS_END),--end $(ETLS_END)) \
	  || { [ $$? = 2 ] || rm -f $<; false; }
proj: https-report
ifndef LINUX
$(PROJ_NAME).app_hex: | https-report
endif

endif
