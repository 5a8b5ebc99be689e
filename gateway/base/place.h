/* place - where in a file something stands. */
#ifndef BASE_PLACE_H
#define BASE_PLACE_H

/* Lines and columns count from 1; line 0: the file as a whole. */
struct place {
    const char *file;
    int line, column;
};

#endif
