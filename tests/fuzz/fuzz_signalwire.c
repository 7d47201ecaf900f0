#define FUZZED "signalwire"
#define HEADER "X-SignalWire-Signature"
#include "fuzz/signed_form.h"
