/* versions: which bauta this is and the libraries that it runs on. */
#ifndef VERSIONS_H
#define VERSIONS_H

#include <stdio.h>

/* "bauta 0.1.0", then a line for each library with the version in use, not the one compiled against. */
void versions_print(FILE *out);

#endif
