#include "allocator.h"

#include <malloc.h>

void sluice_allocator_keep(int kept, int mapped) {
    mallopt(M_TRIM_THRESHOLD, kept);
    mallopt(M_MMAP_THRESHOLD, mapped);
}
