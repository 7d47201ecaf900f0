/* openapi: api/openapi.json as it was when the program was built. */
#ifndef OPENAPI_H
#define OPENAPI_H

#include "base/str.h"

struct str openapi_document(void);

#endif
