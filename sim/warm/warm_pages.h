/* A fork leaves out the page tables of a file's mapping that was never written
 * to; each child then meets a fault for every few pages of every library. Here
 * they are made such that they are inherited. */
#ifndef WARM_WARM_PAGES_H
#define WARM_WARM_PAGES_H

void warm_pages(void);

#endif
