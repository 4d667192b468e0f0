/* The floor of the thumbnails: libvips in process. The library's headers are not needed, its functions are declared here.
 *
 *     vips_floor make FOLDER             draws the pictures that are measured
 *     vips_floor render FILE COUNT       renders COUNT thumbnails; prints the milliseconds of CPU and of wall clock for one
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct VipsImage VipsImage;
extern int vips_init(const char *);
extern const char *vips_error_buffer(void);
extern int vips_perlin(VipsImage **, int, int, ...);
extern int vips_gaussnoise(VipsImage **, int, int, ...);
extern int vips_linear1(VipsImage *, VipsImage **, double, double, ...);
extern int vips_add(VipsImage *, VipsImage *, VipsImage **, ...);
extern int vips_cast(VipsImage *, VipsImage **, int, ...);
extern int vips_bandjoin(VipsImage **, VipsImage **, int, ...);
extern int vips_copy(VipsImage *, VipsImage **, ...);
extern VipsImage *vips_image_copy_memory(VipsImage *);
extern int vips_image_write_to_file(VipsImage *, const char *, ...);
extern int vips_thumbnail_buffer(void *, size_t, VipsImage **, int, ...);
extern int vips_pngsave_buffer(VipsImage *, void **, size_t *, ...);
extern void g_object_unref(void *);
extern void g_free(void *);

enum { FORMAT_UCHAR = 0, INTERPRETATION_SRGB = 22, SIZE_DOWN = 2 };

static void die(const char *what) {
    fprintf(stderr, "%s: %s\n", what, vips_error_buffer());
    exit(1);
}

static double seconds(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec + now.tv_nsec / 1e9;
}

/* Soft clouds at two scales and the grain of a sensor, in three bands: it compresses about as a photograph does. */
static VipsImage *photograph(int width, int height) {
    VipsImage *bands[3], *joined, *bytes, *picture, *kept;
    for (int band = 0; band < 3; band++) {
        VipsImage *coarse, *fine, *scaled, *sum, *grain;
        if (vips_perlin(&coarse, width, height, "cell_size", 400 + 60 * band, "seed", 1 + band, NULL)
            || vips_perlin(&fine, width, height, "cell_size", 24 + band, "seed", 11 + band, NULL)
            || vips_linear1(coarse, &scaled, 90.0, 128.0, NULL)
            || vips_linear1(fine, &fine, 25.0, 0.0, NULL)
            || vips_add(scaled, fine, &sum, NULL)
            || vips_gaussnoise(&grain, width, height, "mean", 0.0, "sigma", 7.0, "seed", 21 + band, NULL)
            || vips_add(sum, grain, &bands[band], NULL))
            die("drawing");
    }
    if (vips_bandjoin(bands, &joined, 3, NULL) || vips_cast(joined, &bytes, FORMAT_UCHAR, NULL)
        || vips_copy(bytes, &picture, "interpretation", INTERPRETATION_SRGB, NULL))
        die("drawing");
    if (!(kept = vips_image_copy_memory(picture)))
        die("drawing");
    return kept;
}

static void save(VipsImage *picture, const char *folder, const char *name) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (vips_image_write_to_file(picture, path, NULL))
        die(name);
}

static int make(const char *folder) {
    VipsImage *large = photograph(4000, 3000), *screen = photograph(3840, 2160), *small = photograph(800, 600);
    save(large, folder, "12-megapixel.jpg[Q=88]");
    save(screen, folder, "4k.png");
    save(small, folder, "800x600.gif");
    save(large, folder, "12-megapixel.webp[Q=80]");
    return 0;
}

static int render(const char *path, int count) {
    FILE *file = fopen(path, "rb");
    if (!file)
        return perror(path), 1;
    fseek(file, 0, SEEK_END);
    size_t length = ftell(file);
    rewind(file);
    char *source = malloc(length);
    if (fread(source, 1, length, file) != length)
        return perror(path), 1;
    double cpu = 0, wall = 0;
    /* The first is not counted: caches fill and threads start. */
    for (int i = 0; i <= count; i++) {
        if (i == 1) {
            cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
            wall = seconds(CLOCK_MONOTONIC);
        }
        VipsImage *thumbnail;
        void *png;
        size_t size;
        if (vips_thumbnail_buffer(source, length, &thumbnail, 64, "height", 4096, "size", SIZE_DOWN, NULL)
            || vips_pngsave_buffer(thumbnail, &png, &size, NULL))
            die(path);
        g_free(png);
        g_object_unref(thumbnail);
    }
    printf("RESULT cpu_ms=%.3f wall_ms=%.3f\n", (seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu) * 1e3 / count,
        (seconds(CLOCK_MONOTONIC) - wall) * 1e3 / count);
    return 0;
}

int main(int count, char **arguments) {
    if (vips_init(arguments[0]))
        die("vips_init");
    if (count == 3 && !strcmp(arguments[1], "make"))
        return make(arguments[2]);
    if (count == 4 && !strcmp(arguments[1], "render"))
        return render(arguments[2], atoi(arguments[3]));
    fprintf(stderr, "usage: vips_floor make FOLDER | render FILE COUNT\n");
    return 2;
}
