@echo off
rem Installs geoplan @VERSION@ for this user, without the internet and without administrator's rights.
rem install.bat [FOLDER]; default %LOCALAPPDATA%\geoplan
setlocal
set "HERE=%~dp0"
set "TARGET=%LOCALAPPDATA%\geoplan"
if not "%~1"=="" set "TARGET=%~1"
set "PYTHONUTF8=1"
set "PIP_NO_INDEX=1"
set "PIP_DISABLE_PIP_VERSION_CHECK=1"
set "PY=py -@PYTHON@"
%PY% -c "pass" >nul 2>nul || set "PY=python"
%PY% -c "import sys; sys.exit(sys.version_info[:2] != tuple(map(int, '@PYTHON@'.split('.'))) or sys.maxsize < 2**32)" >nul 2>nul
if errorlevel 1 (
  echo Python @PYTHON@, 64 bit, was not found. Install it for this user only, then run install.bat again.
  goto failed
)
%PY% -m venv "%TARGET%" || goto failed
"%TARGET%\Scripts\python.exe" -m pip install --no-compile --no-index --find-links "%HERE%wheels" geoplan==@VERSION@ || goto failed
"%TARGET%\Scripts\python.exe" -m geoplan doctor || goto failed
echo.
echo geoplan is installed in %TARGET%. Try:
echo   "%TARGET%\Scripts\python.exe" -m geoplan run "%HERE%demo" --out "%USERPROFILE%\geoplan-demo"
if "%GEOPLAN_NO_PAUSE%"=="" pause
exit /b 0
:failed
echo geoplan was not installed; see the lines above.
if "%GEOPLAN_NO_PAUSE%"=="" pause
exit /b 1
