/* folder: what a new or renamed file needs to survive a power cut beside its own fsync. Threads: any. */
#ifndef BASE_FOLDER_H
#define BASE_FOLDER_H

#include <stdbool.h>

/* fsyncs the folder that the file `path` lies in. False: errno says why. */
bool folder_sync_of(const char *path);

#endif
