/* banned: functions that write without a bound don't compile (as git's banned.h). Included first
 * into every C file by the Makefile. */
#ifndef BASE_BANNED_H
#define BASE_BANNED_H
#ifndef __cplusplus

#include <stdio.h>
#include <string.h>

#pragma GCC poison strcpy strcat sprintf vsprintf strtok gets strncat

#endif
#endif
