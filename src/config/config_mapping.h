/* config_mapping: `mapping` of a configuration: how foreign order events are read. */
#ifndef CONFIG_MAPPING_H
#define CONFIG_MAPPING_H

#include "config/config_settings.h"
#include "wire/event_map.h"

/* NULL: nothing is said of it. Sentences in settings; then what is returned is not whole. For event_map_free(). */
struct event_map *config_mapping(struct settings *settings);

#endif
