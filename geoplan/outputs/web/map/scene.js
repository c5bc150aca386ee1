/* One canvas on which everything is drawn, in order. Leaflet moves and scales it while panning. */
(function (gp) {
  "use strict";

  var Renderer = /** @type {any} */ (L.Renderer);

  gp.Scene = Renderer.extend(/** @type {any} */ ({
    options: { padding: 0.2 },

    initialize: function (paint) {
      this._paint = paint;
      Renderer.prototype.initialize.call(this, {});
    },

    redraw: function () {
      if (!this._map || this._waiting) { return; }
      this._waiting = L.Util.requestAnimFrame(/** @this {any} */ function () {
        this._waiting = null;
        if (this._map) { this._update(); }
      }, this);
    },

    _initContainer: function () {
      this._container = document.createElement("canvas");
      this._container.setAttribute("aria-hidden", "true");
      this._ctx = this._container.getContext("2d");
    },

    _destroyContainer: function () {
      L.Util.cancelAnimFrame(this._waiting);
      L.DomUtil.remove(this._container);
      delete this._container;
      delete this._ctx;
    },

    _updatePaths: function () {},

    _update: function () {
      var map = this._map;
      if (map._animatingZoom && this._bounds) { return; }
      Renderer.prototype._update.call(this);
      var whole = map.getSize();
      if (!whole.x || !whole.y) { return; }  // not shown yet: there is nothing to paint on
      var bounds = this._bounds, size = bounds.getSize(), canvas = this._container;
      var dense = Math.min(window.devicePixelRatio || 1, 2), origin = map.getPixelOrigin();
      L.DomUtil.setPosition(canvas, bounds.min);
      canvas.width = Math.round(dense * size.x);
      canvas.height = Math.round(dense * size.y);
      canvas.style.width = size.x + "px";
      canvas.style.height = size.y + "px";
      this._ctx.setTransform(dense, 0, 0, dense, 0, 0);
      this._paint({
        ctx: this._ctx, far: this._far ? this._far(map.getZoom()) : false, scale: Math.pow(2, map.getZoom()), zoom: map.getZoom(),
        left: origin.x + bounds.min.x, top: origin.y + bounds.min.y, width: size.x, height: size.y
      });
      this.fire("update");
    }
  }));

  function seen(view, box, margin) {
    return box[2] * view.scale - view.left > -margin && box[0] * view.scale - view.left < view.width + margin &&
      box[3] * view.scale - view.top > -margin && box[1] * view.scale - view.top < view.height + margin;
  }
  gp.seen = seen;

  /** where the i-th of [x0, y0, x1, y1, …] stands on the canvas */
  gp.pixel = function (xy, i, view) { return [xy[2 * i] * view.scale - view.left, xy[2 * i + 1] * view.scale - view.top]; };

  /* add a shape's paths to the canvas path; vertices closer than `skip` pixels are passed over */
  gp.trace = function (view, shape, closed, skip) {
    skip = skip || 0.6;
    var ctx = view.ctx, s = view.scale, left = view.left, top = view.top;
    if (!seen(view, shape.box, 20)) { return false; }
    shape.paths.forEach(function (p) {
      var x = p[0] * s - left, y = p[1] * s - top, lastX = x, lastY = y, n = p.length;
      ctx.moveTo(x, y);
      for (var i = 2; i < n; i += 2) {
        x = p[i] * s - left;
        y = p[i + 1] * s - top;
        if (i < n - 2 && Math.abs(x - lastX) < skip && Math.abs(y - lastY) < skip) { continue; }
        ctx.lineTo(x, y);
        lastX = x;
        lastY = y;
      }
      if (closed) { ctx.closePath(); }
    });
    return true;
  };

  /* diagonal hatching in one colour */
  gp.hatch = function (ctx, colour, gap, width) {
    var tile = document.createElement("canvas"), size = gap * 2;
    tile.width = tile.height = size;
    var pen = tile.getContext("2d");
    pen.strokeStyle = colour;
    pen.lineWidth = width * 2;
    pen.beginPath();
    for (var k = -1; k < 3; k++) {
      pen.moveTo(k * size - 2, size + 2);
      pen.lineTo(k * size + size + 2, -2);
    }
    pen.stroke();
    var pattern = ctx.createPattern(tile, "repeat");
    if (pattern.setTransform) { pattern.setTransform(new DOMMatrix([0.5, 0, 0, 0.5, 0, 0])); }
    return pattern;
  };

  /* the shapes of the tiers: told apart without colour */
  gp.glyph = function (ctx, kind, x, y, r) {
    var k;
    ctx.beginPath();
    if (kind === 0) { ctx.rect(x - r * 0.86, y - r * 0.86, r * 1.72, r * 1.72); }
    else if (kind === 1) {
      ctx.moveTo(x, y - r * 1.15); ctx.lineTo(x + r * 1.08, y + r * 0.8); ctx.lineTo(x - r * 1.08, y + r * 0.8);
    } else if (kind === 2) {
      ctx.moveTo(x, y - r * 1.2); ctx.lineTo(x + r * 1.2, y); ctx.lineTo(x, y + r * 1.2); ctx.lineTo(x - r * 1.2, y);
    } else if (kind === 3) {
      for (k = 0; k < 5; k++) {
        ctx.lineTo(x + r * 1.1 * Math.sin(k * 1.2566), y - r * 1.1 * Math.cos(k * 1.2566));
      }
    } else { ctx.arc(x, y, r, 0, 6.2832); }
    ctx.closePath();
  };
})(window.geoplan);
