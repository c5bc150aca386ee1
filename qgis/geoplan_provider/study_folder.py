"""Layers of a QGIS project written as a study, and the layers of its run read back."""

import json
import sqlite3
from pathlib import Path

from qgis.core import (
    QgsCoordinateTransform,
    QgsFeature,
    QgsFeatureSink,
    QgsField,
    QgsFields,
    QgsProcessingException,
    QgsProcessingLayerPostProcessorInterface,
    QgsVectorFileWriter,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QVariant

from .words import is_chinese, say


class StudyFolder:
    """A folder with `study.toml` and a GeoPackage per layer, all in one projected CRS."""

    def __init__(self, folder, crs, context):
        if crs.isGeographic() or not crs.isValid():
            raise QgsProcessingException(say("crs_degrees", crs=crs.authid()))
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.crs = crs
        self.context = context
        self.sections = []
        # GeoPackage keeps a CRS without code by its text
        self.section("study", name="QGIS", crs=crs.authid() or crs.toWkt(), lang=_lang())

    def section(self, name, /, **settings):
        """Add a section to the study file; values are text, numbers, truth values or dicts."""
        lines = [f"{key} = {_toml(value)}" for key, value in settings.items()]
        self.sections.append("\n".join([f"[{name}]", *lines]))

    def add_layer(self, source, name):
        """Write a feature source as ``NAME.gpkg``; the file's name."""
        options = QgsVectorFileWriter.SaveVectorOptions()
        options.driverName = "GPKG"
        options.layerName = name
        options.fileEncoding = "UTF-8"
        fields = QgsFields()
        for field in source.fields():
            if field.name().lower() not in ("fid", "geom"):
                fields.append(QgsField(field.name(), field.type()))
        path = self.folder / f"{name}.gpkg"
        writer = QgsVectorFileWriter.create(
            str(path),
            fields,
            source.wkbType(),
            self.crs,
            self.context.transformContext(),
            options,
        )
        if writer.hasError():
            raise QgsProcessingException(writer.errorMessage())
        turn = QgsCoordinateTransform(source.sourceCrs(), self.crs, self.context.project())
        for feature in source.getFeatures():
            copy = QgsFeature(fields)
            copy.setAttributes([feature[field.name()] for field in fields])
            if feature.hasGeometry():
                shape = feature.geometry()
                shape.transform(turn)
                copy.setGeometry(shape)
            writer.addFeature(copy, QgsFeatureSink.FastInsert)
        del writer
        return path.name

    def write(self):
        """Write `study.toml`; its folder."""
        text = "\n\n".join(self.sections) + "\n"
        (self.folder / "study.toml").write_text(text, encoding="utf-8")
        return self.folder


def _lang():
    return "zh" if is_chinese() else "en"


def _toml(value):
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{k} = {_toml(v)}" for k, v in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)


#: QGIS does not hold them
_KEPT = []


class _Styled(QgsProcessingLayerPostProcessorInterface):
    """Gives a layer the style that geoplan wrote for it, and its name."""

    def __init__(self, style, title):
        super().__init__()
        self.style, self.title = style, title
        _KEPT.append(self)

    def postProcessLayer(self, layer, context, feedback):
        """Called by QGIS when the layer is added to the project."""
        layer.loadNamedStyle(str(self.style))
        layer.setName(self.title)
        layer.triggerRepaint()


def hand_back(algorithm, run, layer_name, output, parameters, context):
    """Copy a layer of a run into the sink `output` of an algorithm; the sink's id, and how many.

    A run has no layer where there is nothing of its kind: the sink is empty then.
    """
    path = Path(run) / "layers.gpkg"
    layer = QgsVectorLayer(f"{path}|layername={layer_name}", layer_name, "ogr")
    valid = layer.isValid()
    fields = QgsFields()
    if valid:
        for field in layer.fields():
            if field.name() != "fid":
                fields.append(QgsField(field.name(), field.type()))
    else:
        fields.append(QgsField("id", QVariant.String))
    sink, target = algorithm.parameterAsSink(
        parameters,
        output,
        context,
        fields,
        layer.wkbType() if valid else QgsWkbTypes.Point,
        layer.crs() if valid else context.project().crs(),
    )
    if sink is None:
        return None, 0
    count = 0
    if valid:
        for feature in layer.getFeatures():
            copy = QgsFeature(fields)
            copy.setGeometry(feature.geometry())
            copy.setAttributes([feature[field.name()] for field in fields])
            sink.addFeature(copy, QgsFeatureSink.FastInsert)
            count += 1
        _style_it(path, layer_name, target, output, context)
    return target, count


def _style_it(path, layer_name, target, output, context):
    if not context.willLoadLayerOnCompletion(target):
        return
    link = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    row = link.execute(
        "SELECT styleQML FROM layer_styles WHERE f_table_name = ? AND useAsDefault", (layer_name,)
    ).fetchone()
    link.close()
    if row is None:
        return
    style = path.with_name(f"{layer_name}.qml")
    style.write_text(row[0], encoding="utf-8")
    details = context.layerToLoadOnCompletionDetails(target)
    details.setPostProcessor(_Styled(style, say(output)))
