/* core_dump: memory holds real numbers and their keys, so that no core file may be made of it, whatever ran the program. Nor may
 * another process of the same user look into it: a debugger then needs root.
 *
 * Whoever looks for a fault with numbers of his own sets BAUTA_ALLOW_CORE=1. Threads: at the start, before others are made.
 */
#ifndef CORE_DUMP_H
#define CORE_DUMP_H

void core_dump_forbid(void);

#endif
